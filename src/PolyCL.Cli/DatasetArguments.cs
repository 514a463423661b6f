using System.CommandLine;
using PolyCL.Data;

namespace PolyCL.Cli;

/// <summary>The options that name a dataset, the same for every command that reads one.</summary>
internal sealed class DatasetArguments
{
    private static readonly (string Name, DatasetKind Kind)[] Kinds =
    [
        ("lits", DatasetKind.Lits),
        ("totalsegmentator", DatasetKind.TotalSegmentator),
        ("msd", DatasetKind.Msd),
        ("folder", DatasetKind.Folder),
        ("phantom", DatasetKind.Phantom),
        ("nnunet", DatasetKind.NnUnet),
    ];

    private readonly Option<string> data;
    private readonly Option<string> kind = KindOption("--dataset");
    private readonly Option<string> subset = new("--subset") { Description = "Only the scans of this subset, such as train of TotalSegmentator's meta.csv.", HelpName = "NAME" };
    private readonly Option<bool> unlabelled = new("--unlabelled") { Description = "Take scans without a label, too." };
    private readonly Option<string[]> exclude = ExcludeOption(
        "--exclude", "Leave out this scan, such as one whose file is damaged; an id or a pattern such as s01*; may be repeated.");
    private readonly LabelArguments label = new();

    /// <summary>Creates the options; <c>--data</c> may be left out only where something else can name the data.</summary>
    public DatasetArguments(bool required = true) =>
        data = new("--data") { Description = "Folder of the dataset.", HelpName = "ROOT", Required = required };

    /// <summary>Whether the command line names a dataset.</summary>
    public bool IsGiven(ParseResult parse) => parse.GetValue(data) is not null;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(data);
        command.Options.Add(kind);
        command.Options.Add(subset);
        command.Options.Add(unlabelled);
        command.Options.Add(exclude);
        label.AddTo(command);
    }

    /// <summary>Lists the scans of the dataset that the command line names.</summary>
    public Dataset Open(ParseResult parse) =>
        Open(parse.GetRequiredValue(data), parse.GetValue(kind), label.Options(parse) with
        {
            Subset = parse.GetValue(subset),
            IncludeUnlabelled = parse.GetValue(unlabelled),
            Exclude = parse.GetValue(exclude) ?? [],
        });

    /// <summary>Which label is the organ, and corrections of headers.</summary>
    public DatasetOptions Labels(ParseResult parse) => label.Options(parse);

    /// <summary>Lists the scans of a folder; without a kind, by its content.</summary>
    public static Dataset Open(string root, string? kind, DatasetOptions options) =>
        DatasetReader.Open(kind is null ? DatasetReader.Detect(root) : KindOf(kind), root, options);

    /// <summary>The option that leaves scans out.</summary>
    public static Option<string[]> ExcludeOption(string name, string description) =>
        new(name) { Description = description, HelpName = "ID", AllowMultipleArgumentsPerToken = false };

    /// <summary>The option that names a layout.</summary>
    public static Option<string> KindOption(string name)
    {
        var option = new Option<string>(name) { Description = "Layout of the folder; found by its content unless given." };
        option.AcceptOnlyFromAmong([.. Kinds.Select(pair => pair.Name)]);
        return option;
    }

    /// <summary>The name of a layout on the command line and in JSON.</summary>
    public static string NameOf(DatasetKind kind) => Array.Find(Kinds, pair => pair.Kind == kind).Name;

    private static DatasetKind KindOf(string name) => Array.Find(Kinds, pair => pair.Name == name).Kind;
}
