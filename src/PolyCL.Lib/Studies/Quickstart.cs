using System.Diagnostics;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Data.Phantom;
using PolyCL.Sampling;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The main job on generated phantom CT: pre-train with PolyCL-M, fine-tune on few labels, compare with from-scratch on held-out scans.</summary>
public static class Quickstart
{
    private const long DataSeed = 1;
    private const double ValidationShare = 0.07;
    private const double TestShare = 0.27;

    /// <summary>Runs it; what is already there (data, slices, finished runs) is used again.</summary>
    /// <param name="options">Size.</param>
    /// <param name="compute">Device and threads.</param>
    /// <param name="results">Folder for everything it makes.</param>
    /// <param name="progress">Told throughout.</param>
    /// <param name="token">Stops after the present step; a later call goes on there.</param>
    public static QuickstartReport Run(
        QuickstartOptions options, ComputeOptions compute, string results, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var watch = Stopwatch.StartNew();
        var folder = Path.Combine(results, "quickstart");
        using var store = OpenStore(options, results, progress, token);
        var split = ScanSplit.ByShares(store.Scans.Where(scan => scan.SliceCount > 0).Select(scan => scan.Id), ValidationShare, TestShare, DataSeed);
        var data = new TrainingData(store, split);
        var place = new RunPlace(results, compute, options.Profile.ToString().ToLowerInvariant());
        var repeats = new List<QuickstartRepeat>();
        QuickstartRuns? first = null;
        SelectionSummary? selection = null;
        for (var seed = options.Seed; seed < options.Seed + options.Repeats; seed++)
        {
            var suffix = options.Repeats > 1 ? $" (seed {seed})" : "";
            var staged = progress is null ? null : new Renamed(progress, suffix);
            var pretrain = ProfileSettings.Pretrain(options.Profile) with { Selection = new StrategyOptions { Strategy = Strategy.Mixed }, Seed = seed };
            var fineTune = ProfileSettings.FineTune(options.Profile) with { LabelFraction = options.LabelFraction, Seed = seed };
            selection ??= Pretraining.Select(pretrain, data).Summary;
            var encoder = Pretraining.Run(pretrain, data, place, null, staged, token);
            var weights = Path.Combine(encoder.Folder, encoder.Weights);
            var tuned = FineTuning.Run(fineTune, weights, data, place, staged, token);
            var scratch = FineTuning.Run(fineTune, null, data, place, staged, token);
            first ??= new QuickstartRuns(encoder, tuned, scratch);
            repeats.Add(new QuickstartRepeat(
                seed, Evaluate(tuned, store, compute, staged, token), Evaluate(scratch, store, compute, staged, token)));
        }

        var report = new QuickstartReport
        {
            Options = options,
            Split = $"{split.Train.Count} training, {split.Validation.Count} validation, {split.Test.Count} test scans",
            Selection = selection!,
            Repeats = repeats,
            Dice = Compare(repeats, options.Seed),
            Seconds = watch.Elapsed.TotalSeconds,
            Folder = folder,
        };
        QuickstartPictures.Write(folder, report, first!, store, compute);
        AtomicFile.WriteText(Path.Combine(folder, "report.md"), report.ToMarkdown());
        AtomicFile.WriteText(Path.Combine(folder, "report.json"), SettingsJson.ToText(report));
        return report;
    }

    private static SliceStore OpenStore(QuickstartOptions options, string results, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var phantom = new PhantomOptions { Site = PhantomSite.A, Scans = options.Scans, Seed = DataSeed, Matrix = options.Matrix };
        var root = Path.Combine(results, "data", PhantomSettings.FolderOf(phantom));
        PhantomDataset.Write(phantom, root, progress, token);
        return SliceStoreBuilder.OpenOrBuild(
            DatasetReader.Open(DatasetKind.Phantom, root), ProfileSettings.Prepare(options.Profile), Path.Combine(results, "stores"), progress, token);
    }

    private static Evaluation Evaluate(RunResult run, SliceStore store, ComputeOptions compute, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        using var predictor = Predictor.Open(Path.Combine(run.Folder, run.Weights), compute);
        return Evaluation.Of(predictor, store, "test", progress, token);
    }

    private static PairedComparison Compare(List<QuickstartRepeat> repeats, long seed)
    {
        return PairedComparison.Of(PerScan(repeat => repeat.Pretrained), PerScan(repeat => repeat.Scratch), seed);

        List<double> PerScan(Func<QuickstartRepeat, Evaluation> arm) =>
            [.. Enumerable.Range(0, arm(repeats[0]).Scans.Count).Select(i => repeats.Average(repeat => arm(repeat).Scans[i].Scores.Volume.Dice ?? 0))];
    }

    /// <summary>Tells two repeats' stages apart.</summary>
    private sealed class Renamed(IProgress<ProgressReport> inner, string suffix) : IProgress<ProgressReport>
    {
        public void Report(ProgressReport value) => inner.Report(value with { Stage = value.Stage + suffix });
    }
}
