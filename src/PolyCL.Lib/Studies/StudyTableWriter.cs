using System.Globalization;
using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sampling;
using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>Makes a table of a study from its stored runs, with everything a reader must know beneath it.</summary>
internal sealed class StudyTableWriter(Study study, StudyProtocol protocol)
{
    private readonly StudyDataset training = study.Context.Data.Training;
    private readonly StudyDataset test = study.Context.Data.TestOf(protocol);
    private readonly List<StudyArm> arms = [.. study.ArmsOf(protocol)];
    private readonly List<ScoreJob> evaluations = [.. study.ArmsOf(protocol).SelectMany(arm => study.ScoresOf(protocol, arm))];

    public StudyTable Write()
    {
        var scores = PaperTables.Of(protocol.Table);
        return new StudyTable
        {
            Number = protocol.Table,
            Title = Title(),
            Profile = study.Options.FineTuneProfile,
            PaperDataset = protocol.PaperDataset,
            DataLine = protocol.CrossDomain ? $"trained on {training.Line}; tested on {test.Line}" : training.Line,
            Definition = Definition(),
            Rows = [.. arms.Select(arm => Row(arm, scores))],
            Notes = [.. Notes()],
            Provenance = Provenance(),
            Phantom = study.Context.Data.IsPhantom,
        };
    }

    private string Title() =>
        (protocol.Sam switch { SamUse.Refine => "Labels seen, without and with SAM. ", SamUse.Propagate => "Labels seen, without and with SAM 2. ", _ => "" })
        + $"Trained on {training.Name}, tested on {(protocol.CrossDomain ? test.Name : "its test scans")}; in the paper LiTS{(protocol.CrossDomain ? $" and {protocol.PaperDataset}" : "")}"
        + (test.Shared is { TestScans.Count: > 0 } shared
            ? string.Create(CultureInfo.InvariantCulture, $". Caution: {shared.TestScans.Count} of {test.Store.Scans.Count} test scans are also in the training data")
            : "");

    private string Definition()
    {
        var unit = study.Options.FineTune.OfSlices ? "slices" : "scans";
        var labels = protocol.VariesLabels
            ? $"labels in % of the training {unit}, on {study.Options.Backbone.Name()}"
            : string.Create(CultureInfo.InvariantCulture, $"{study.Options.FineTune.LabelFraction * 100:0.##} % of the training {unit} labelled");
        var size = test.Store.Size;
        return string.Create(CultureInfo.InvariantCulture, $"{labels}; {size}×{size} pixels; {Evaluation.StandardDefinition}");
    }

    private StudyTableRow Row(StudyArm arm, IReadOnlyList<PaperScore> scores)
    {
        PaperScore? Printed(string metric) => scores.FirstOrDefault(score => score.Metric == metric && score.Backbone == arm.Backbone && score.Model == arm.Model && score.LabelPercent == arm.LabelPercent);
        return new StudyTableRow
        {
            Backbone = arm.Backbone,
            Model = arm.Model,
            LabelPercent = arm.LabelPercent,
            UpperBound = arm.IsBound,
            Missing = Missing(arm),
            Runs = [.. study.ScoresOf(protocol, arm).Where(job => job.Evaluation is not null).Select(Run)],
            PaperDice = Printed("Dice"),
            PaperHausdorff = Printed("Hausdorff"),
        };
    }

    private static StudyTableRun Run(ScoreJob job)
    {
        var evaluation = job.Evaluation!;
        return new StudyTableRun(job.Seed, evaluation.Run, evaluation.Scores, evaluation.Scans);
    }

    private string? Missing(StudyArm arm)
    {
        if (study.RowsWithout.TryGetValue(arm.Label, out var need))
        {
            return need;
        }

        var jobs = study.ScoresOf(protocol, arm);
        var open = jobs.Select(job => job.Read()).Where(job => job.State != StudyJobState.Finished).ToList();
        var failure = open.Select(job => job.Error).FirstOrDefault(error => error is not null);
        return open.Count == 0 ? null : $"{open.Count} of {jobs.Count} runs {(failure is null ? "not finished" : $"failed or not finished: {failure}")}";
    }

    private IEnumerable<string> Notes()
    {
        var split = study.Context.Data.Split;
        var store = training.Store;
        yield return training.Counts("Training", [.. split.Train.Select(id => store.Scans[store.Find(id)])]);
        yield return training.Counts("Validation", [.. split.Validation.Select(id => store.Scans[store.Find(id)])]);
        if (evaluations.Count > 0)
        {
            yield return test.Counts("Test", evaluations[0].TestScans);
        }

        foreach (var models in evaluations.Select(job => job.Model).OfType<FineTuneJob>().GroupBy(model => model.Seed))
        {
            var counts = models.GroupBy(model => model.Arm.LabelPercent).Select(group => group.First())
                .Select(model => $"{model.LabelledSlices} slices{(model.Arm.LabelPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $" at {percent:0.##} %") : "")}");
            yield return $"Labels, seed {models.Key}: {string.Join(", ", counts)}.";
        }

        foreach (var job in evaluations.Select(job => job.Model?.After).OfType<PretrainJob>().GroupBy(job => job.Arm.Row!.Strategy).Select(group => group.First()))
        {
            yield return Draws(job);
        }

        foreach (var arm in evaluations.Where(job => job is SamJob).Select(job => job.Arm).DistinctBy(study.Context.Sam.Definition))
        {
            yield return $"{(arm.IsBound ? arm.Label : protocol.Sam == SamUse.Refine ? "Rows with SAM" : "Rows with SAM 2")}: {study.Context.Sam.Definition(arm)}.";
        }

        if (test.Shared is { } shared)
        {
            yield return shared.TestScans.Count == 0
                ? string.Create(CultureInfo.InvariantCulture, $"Audit: {shared.ScanCount} scans of both data sets compared by their voxels; none is in both.")
                : $"Audit (A training, B test): {string.Join(" ", shared.Sentences)}";
        }

        if (LeftOut() is { } leftOut)
        {
            yield return leftOut;
        }

        if (study.Context.Data.IsPhantom)
        {
            yield return "Generated CT: these numbers say nothing about patients, and are no reproduction of the paper.";
        }
    }

    private static string Draws(PretrainJob job)
    {
        var summary = job.Selection();
        var fallbacks = summary.Fallbacks.Sum(fallback => fallback.Anchors);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Pretraining.NameOf(job.Arm.Row!.Strategy ?? Strategy.Custom)}: {summary.Anchors} anchors, {fallbacks} by a fallback partner, {summary.Dropped} left out.");
    }

    /// <summary>How many slices and scans the distances leave out, from the run with the fewest to that with the most.</summary>
    private string? LeftOut()
    {
        var scores = evaluations.Select(job => job.Evaluation?.Scores).OfType<Metrics.ScoreSummary>().ToList();
        if (scores.Count == 0)
        {
            return null;
        }

        string Range(Func<Metrics.ScoreSummary, int> count) =>
            scores.Min(count) is var low && scores.Max(count) is var high && low == high ? $"{low}" : string.Create(CultureInfo.InvariantCulture, $"{low} to {high}");
        var (paper, volume) = (scores[0].PaperCode, scores[0].Volume);
        return $"Left out per run: paper_code.hausdorff_px {Range(score => score.PaperCode.LeftOut)} of {paper.N + paper.LeftOut} slices; "
            + $"distances in mm {Range(score => score.Volume.LeftOut)} of {volume.N + volume.LeftOut} scans.";
    }

    private string Provenance()
    {
        var folders = evaluations.Where(job => job is { Model: not null, Evaluation: not null }).Select(job => Path.Combine(study.Results, job.Model!.Name!)).Distinct().ToList();
        var environments = folders.Select(folder => RunFolder.EnvironmentFileIn(folder)).Where(File.Exists)
            .Select(file => SettingsJson.Read<RunEnvironment>(File.ReadAllText(file), file))
            .Select(environment => string.Create(
                CultureInfo.InvariantCulture, $"PolyCL {environment.PolyCl}, libtorch {environment.LibTorch}, {environment.DotNet}, {environment.Device}, {environment.Threads} threads"))
            .Distinct().Order(StringComparer.Ordinal);
        var (first, last) = (study.Options.Seed, study.Options.Seed + study.Options.Repeats - 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{folders.Count} fine-tuned {(folders.Count == 1 ? "model" : "models")}, seeds {first} to {last}; {(folders.Count == 0 ? "no run yet" : string.Join(" | ", environments))}");
    }
}
