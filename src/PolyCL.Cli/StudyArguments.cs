using System.CommandLine;
using System.CommandLine.Parsing;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli;

/// <summary>The options that say which study is meant, the same for every command that plans, runs or reads one.</summary>
internal sealed class StudyArguments
{
    private static readonly string[] ComputeNames = ["--results", "--claim-expiry", "--checkpoint-share", "--device", "--tf32", "--arithmetic", "--threads"];
    private static readonly (string Word, string Paper)[] TestSets = [("totalsegmentator", "TotalSegmentator"), ("msd", "MSD")];

    private readonly Option<string> table = TableArguments.Create("1");
    private readonly Option<string> profile = TrainingArguments.Words("--profile", "smoke, quick or paper: image size, epochs, rates, label fraction.", "quick", "smoke", "quick", "paper");
    private readonly Option<int?> repeats = new("--repeats") { Description = "Runs per row with consecutive seeds; the profile's (1, paper 5) unless given." };
    private readonly Option<long> seed = new("--seed") { Description = "Seed of the first repeat.", DefaultValueFactory = _ => 1 };
    private readonly Option<string[]> row = new("--row") { Description = "Only this row, such as \"U-Net, PolyCL-M\" or \"PolyCL-M + SAM, 5 %\"; without the share of labels all shares; may be repeated.", HelpName = "LABEL" };
    private readonly Option<double?> fraction = new("--label-fraction") { Description = "Share of the training scans whose labels are used in Tables 1-3, instead of the profile's." };
    private readonly Option<string> precision = PrecisionArgument.Create();
    private readonly Option<string[]> test = new("--test") { Description = "Test data of Table 2 or 3: totalsegmentator=ROOT, msd=ROOT; may be repeated.", HelpName = "NAME=ROOT" };
    private readonly Option<string?> split = new("--split") { Description = "A split file of the training data, or TRAIN/VALIDATION/TEST scans, such as 100/5/25." };
    private readonly Option<long> splitSeed = new("--split-seed") { Description = "Seed of the split.", DefaultValueFactory = _ => PhantomSettings.Seed };
    private readonly Option<string?> imageNet = new("--imagenet-weights") { Description = "torchvision's ResNet-18 weights for the row PT ResU-Net, .safetensors or zip .pth.", HelpName = "FILE" };
    private readonly Option<bool> allowShared = new("--allow-shared") { Description = "Run although test and training data share scans; the title then says so." };
    private readonly Option<string> results = ComputeArguments.Results();
    private readonly Option<string?> scratch = new("--scratch") { Description = "Read slices from a copy in this folder, on a disk of this machine; made and verified at first use.", HelpName = "DIR" };
    private readonly Option<double> checkpoints = new("--checkpoint-share")
    {
        Description = "Share of the time that saving the state may take; 1 saves it after every step.",
        DefaultValueFactory = _ => new ComputeOptions().CheckpointShare,
    };

    private readonly Option<double> expiry = new("--claim-expiry")
    {
        Description = "Seconds without a sign of life after which others take over a run.",
        DefaultValueFactory = _ => Claim.DefaultExpiry.TotalSeconds,
    };

    private readonly StudySamArguments sam = new();
    private readonly RunArguments run;
    private readonly ComputeArguments compute;
    private readonly DatasetArguments data = new(required: false);
    private readonly List<Option> identity = [];

    /// <summary>Creates the options; progress and threads are those of <paramref name="run"/>.</summary>
    public StudyArguments(RunArguments run) => (this.run, compute) = (run, new ComputeArguments(run));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        var before = command.Options.Count;
        Add(table, profile, repeats, seed, row, fraction, precision, test, split, splitSeed, imageNet, allowShared);
        sam.AddTo(command);
        data.AddTo(command);
        identity.AddRange(command.Options.Skip(before));
        Add(results, expiry, scratch, checkpoints);
        compute.AddTo(command);

        void Add(params Option[] options)
        {
            foreach (var option in options)
            {
                command.Options.Add(option);
            }
        }
    }

    /// <summary>Prepares the data of the study that the command line names.</summary>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    /// <exception cref="DatasetException">Data are missing, or test and training data share scans.</exception>
    public Study Open(ParseResult parse, IProgress<ProgressReport> progress, CancellationToken token, IReadOnlyList<string>? jobs = null)
    {
        var study = Study.Open(Options(parse) with { Jobs = jobs ?? [] }, Compute(parse), parse.GetValue(results)!, progress, token);
        foreach (var remark in study.Remarks)
        {
            Console.Error.WriteLine($"polycl: {remark}");
        }

        return study;
    }

    /// <summary>The same study when its data are ready, else its outline; makes nothing.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public Study OpenOrOutline(ParseResult parse) => Study.OpenOrOutline(Options(parse), Compute(parse), parse.GetValue(results)!);

    /// <summary>The folder for copies as it is given, or null.</summary>
    public string? Scratch(ParseResult parse) => parse.GetValue(scratch);

    /// <summary>The words of the command line that name the study.</summary>
    public IReadOnlyList<string> Identity(ParseResult parse) => Words(parse, identity);

    /// <summary>The words that say where and how it is computed, but for <c>--scratch</c>.</summary>
    public static IReadOnlyList<string> ComputeWords(ParseResult parse) => Words(parse, parse.CommandResult.Command.Options.Where(option => ComputeNames.Contains(option.Name)));

    private static List<string> Words(ParseResult parse, IEnumerable<Option> options) =>
    [
        .. options.Select(parse.GetResult).OfType<OptionResult>().Where(result => !result.Implicit).SelectMany(result => result.Tokens.Count == 0
            ? [result.Option.Name]
            : result.Tokens.SelectMany(token => (string[])[result.Option.Name, token.Value])),
    ];

    private ComputeOptions Compute(ParseResult parse) => compute.Options(parse) with
    {
        ClaimExpiry = TimeSpan.FromSeconds(Check.Positive(parse.GetValue(expiry), "--claim-expiry")),
        CheckpointShare = Check.NotNegative(parse.GetValue(checkpoints), "--checkpoint-share"),
        Scratch = parse.GetValue(scratch),
    };

    private StudyOptions Options(ParseResult parse)
    {
        var standard = StudyOptions.Of(Enum.Parse<Profile>(parse.GetValue(profile)!, ignoreCase: true));
        return standard with
        {
            Tables = TableArguments.Read(parse, table),
            Rows = parse.GetValue(row) ?? [],
            Repeats = parse.GetValue(repeats) ?? standard.Repeats,
            Seed = parse.GetValue(seed),
            FineTune = standard.FineTune with { LabelFraction = parse.GetValue(fraction) ?? standard.FineTune.LabelFraction },
            Precision = PrecisionArgument.Of(parse, precision),
            Training = data.IsGiven(parse) ? data.Open(parse) : null,
            Tests = (parse.GetValue(test) ?? []).Select(text => TestOf(parse, text)).ToDictionary(),
            Split = parse.GetValue(split) is { } text ? ids => SplitArguments.Of(text, ids, parse.GetValue(splitSeed)) : null,
            ImageNetWeights = parse.GetValue(imageNet),
            Backbone = sam.Backbone(parse),
            Sam = sam.Options(parse),
            AllowSharedScans = parse.GetValue(allowShared),
        };
    }

    private KeyValuePair<string, Dataset> TestOf(ParseResult parse, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var paper = equals < 0 ? null : Array.Find(TestSets, set => set.Word == text[..equals]).Paper;
        return paper is null
            ? throw new ArgumentException($"--test {text}: give totalsegmentator=ROOT or msd=ROOT.")
            : KeyValuePair.Create(paper, DatasetArguments.Open(text[(equals + 1)..], null, data.Labels(parse)));
    }
}
