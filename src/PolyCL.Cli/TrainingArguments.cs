using System.CommandLine;
using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>Options of commands that train: profile, seed, length, split.</summary>
internal sealed class TrainingArguments
{
    public Option<string> Profile { get; } = Words("--profile", "smoke, quick or paper: image size, epochs and rates.", "quick", "smoke", "quick", "paper");

    public Option<long> Seed { get; } = new("--seed") { Description = "Seed of the run." };

    public Option<string> Precision { get; } = PrecisionArgument.Create();

    public Option<int?> Epochs { get; } = new("--epochs") { Description = "Epochs instead of the profile's." };

    public Option<int?> BatchSize { get; } = new("--batch-size") { Description = "Minibatch size instead of the profile's." };

    public Option<double?> LearningRate { get; } = new("--learning-rate") { Description = "Learning rate instead of the profile's." };

    public Option<string?> Split { get; } = new("--split") { Description = "A split file, or TRAIN/VALIDATION/TEST scans, such as 100/5/25; default: the paper's shares." };

    public Option<long> SplitSeed { get; } = new("--split-seed") { Description = "Seed of the split, apart from the run's seed.", DefaultValueFactory = _ => 1 };

    public void AddTo(Command command)
    {
        Option[] options = [Profile, Seed, Precision, Epochs, BatchSize, LearningRate, Split, SplitSeed];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    public Profile ProfileOf(ParseResult parse) => Enum.Parse<Profile>(parse.GetValue(Profile)!, ignoreCase: true);

    public ComputePrecision PrecisionOf(ParseResult parse) => PrecisionArgument.Of(parse, Precision);

    public ScanSplit SplitOf(ParseResult parse, SliceStore store)
    {
        var text = parse.GetValue(Split);
        var ids = store.Scans.Where(scan => scan.SliceCount > 0).Select(scan => scan.Id).ToList();
        var seed = parse.GetValue(SplitSeed);
        return text is null ? ScanSplit.Paper(ids, seed) : SplitArguments.Of(text, ids, seed);
    }

    internal static Option<string> Words(string name, string description, string fallback, params string[] words)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.AcceptOnlyFromAmong(words);
        return option;
    }
}
