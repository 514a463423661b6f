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
    private readonly Option<string[]> orientation = OrientationOption("--orientation");

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
        Orientations = Orientations(parse, orientation),
    };

    /// <summary>The option that corrects the axes of single files.</summary>
    public static Option<string?> AxesOption(string description) => new("--orientation") { Description = description, HelpName = "LPS" };

    /// <summary>What that option gives, or null.</summary>
    /// <exception cref="ArgumentException">It is no axis order.</exception>
    public static Orientation? Axes(ParseResult parse, Option<string?> option) => parse.GetValue(option) is { } letters ? Orientation.Parse(letters) : null;

    /// <summary>The option that corrects the axes of scans by their ids.</summary>
    public static Option<string[]> OrientationOption(string name) => new(name)
    {
        Description = "True axis order of scans with a wrong header, such as volume-28=LPS or volume-*=LPS; may be repeated.",
        HelpName = "ID=LPS",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>What that option gives.</summary>
    /// <exception cref="ArgumentException">An entry is no id with an axis order.</exception>
    public static IReadOnlyList<KeyValuePair<string, Orientation>> Orientations(ParseResult parse, Option<string[]> option) =>
        [.. (parse.GetValue(option) ?? []).Select(text => OrientationOf(text, option.Name))];

    private static KeyValuePair<string, Orientation> OrientationOf(string text, string name)
    {
        var equals = text.LastIndexOf('=');
        return equals > 0
            ? KeyValuePair.Create(text[..equals], Orientation.Parse(text[(equals + 1)..]))
            : throw new ArgumentException($"{name} {text}: give an id and three letters, such as volume-28=LPS.");
    }
}
