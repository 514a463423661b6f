using System.CommandLine;
using PolyCL.Data;
using PolyCL.Imaging;

namespace PolyCL.Cli;

/// <summary>The options that say which label is the organ, and correct wrong headers.</summary>
internal sealed class LabelArguments
{
    private readonly Option<string> organ = new("--organ") { Description = "Target organ; names the class file of TotalSegmentator.", HelpName = "NAME", DefaultValueFactory = _ => "liver" };
    private readonly Option<int?> organClass = new("--organ-class") { Description = "Label value of the organ in a multi-class map; else every value above 0.", HelpName = "N" };
    private readonly Option<string> labelFile = new("--label-file") { Description = "File name of the label in each scan's folder, such as labels.nii.gz.", HelpName = "FILE" };
    private readonly Option<string[]> orientation = new("--orientation")
    {
        Description = "True axis order of scans with a wrong header, such as volume-28=LPS or volume-*=LPS; may be repeated.",
        HelpName = "ID=LPS",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(organ);
        command.Options.Add(organClass);
        command.Options.Add(labelFile);
        command.Options.Add(orientation);
    }

    /// <summary>What the command line gives.</summary>
    public DatasetOptions Options(ParseResult parse) => new()
    {
        Organ = parse.GetValue(organ)!,
        OrganClass = parse.GetValue(organClass),
        LabelFile = parse.GetValue(labelFile),
        Orientations = [.. (parse.GetValue(orientation) ?? []).Select(OrientationOf)],
    };

    private static KeyValuePair<string, Orientation> OrientationOf(string text)
    {
        var equals = text.LastIndexOf('=');
        return equals > 0
            ? KeyValuePair.Create(text[..equals], Orientation.Parse(text[(equals + 1)..]))
            : throw new ArgumentException($"--orientation {text}: give an id and three letters, such as volume-28=LPS.");
    }
}
