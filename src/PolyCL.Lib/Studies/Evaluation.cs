using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Metrics;
using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>Scores of one scan.</summary>
/// <param name="Scan">Its id.</param>
/// <param name="Slices">Evaluated slices.</param>
/// <param name="Scores">Its row.</param>
public sealed record ScanRow(string Scan, int Slices, ScoreSummary Scores);

/// <summary>Scores of one model on some scans, with everything needed to say what they mean.</summary>
public sealed record Evaluation
{
    /// <summary>What every evaluation of this version does.</summary>
    public const string StandardDefinition =
        "kept slices on the network's grid; volume: per scan, mm, mean over scans; slice: per slice, px of that grid; paper_code: as the authors' code, batch size 1";

    /// <summary>Profile of the model's training.</summary>
    public required string Profile { get; init; }

    /// <summary>How the model came to be.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the run that trained it.</summary>
    public required string Run { get; init; }

    /// <summary>Seed of that run.</summary>
    public required long Seed { get; init; }

    /// <summary>Fingerprint of the evaluated data.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Fingerprint of the data it was trained on.</summary>
    public required string TrainingFingerprint { get; init; }

    /// <summary>"test", "validation", "train" of the training's own split, or "all" scans of another dataset.</summary>
    public required string Part { get; init; }

    /// <summary>Scans and slices the numbers were taken on, in words.</summary>
    public string Definition { get; init; } = StandardDefinition;

    /// <summary>Scans that keep no slice and were left out.</summary>
    public required IReadOnlyList<string> WithoutSlices { get; init; }

    /// <summary>Evaluated scans whose voxels the training has seen, under whatever name: their scores say nothing about new scans. Not listed for the training part.</summary>
    public IReadOnlyList<string> SeenScans { get; init; } = [];

    /// <summary>Means with their counts.</summary>
    public required ScoreSummary Scores { get; init; }

    /// <summary>One row per scan.</summary>
    public required IReadOnlyList<ScanRow> Scans { get; init; }

    /// <summary>Evaluates a segmenter on stored slices.</summary>
    /// <param name="predictor">The segmenter.</param>
    /// <param name="store">Slices prepared as its card says.</param>
    /// <param name="part">"test", "validation" or "train" of the model's split, or "all".</param>
    /// <param name="progress">Told after every scan.</param>
    /// <param name="token">Stops between scans.</param>
    /// <exception cref="DatasetException">The store was prepared otherwise, holds other scans than the split, scans without labels, or the training has seen a test or validation scan.</exception>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public static Evaluation Of(
        Predictor predictor, SliceStore store, string part, IProgress<ProgressReport>? progress = null, CancellationToken token = default) =>
        OfStep(predictor, store, part, null, progress, token);

    /// <summary>The same, with masks that a step makes of the predicted ones.</summary>
    internal static Evaluation OfStep(
        Predictor predictor, SliceStore store, string part, IMaskStep? step, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(store);
        var card = predictor.Card;
        if (SettingsJson.ToLine(store.Options) != SettingsJson.ToLine(card.Preparation))
        {
            throw new DatasetException($"{store.Path}: the slices were prepared with other settings than the model's; prepare them again with the model's.", store.Path);
        }

        var (named, unlabelled) = ScansOf(card, store, part);
        if (unlabelled is not null)
        {
            throw Unlabelled(unlabelled, store);
        }

        var seen = part == "train" ? [] : SeenIn(card, store, named);
        if (seen.Count > 0 && part is "test" or "validation")
        {
            throw new DatasetException(
                $"{store.Path}: the training has seen {seen.Count} of the {named.Count} scans of the {part} part, '{seen[0]}' among them: the same voxels stand among its training scans; leave one of the two out of the split.", store.Path);
        }

        var (rows, scores) = Score(store, named, scan => Masks(predictor, scan, step, token), progress, token);
        return new Evaluation
        {
            Profile = card.Profile,
            Model = card.Origin,
            Run = card.Run,
            Seed = card.Seed,
            DataFingerprint = store.Fingerprint,
            TrainingFingerprint = card.DataFingerprint,
            Part = part,
            SeenScans = seen,
            Definition = DefinitionWith(step),
            WithoutSlices = WithoutKeptSlices(named),
            Scores = scores,
            Scans = rows,
        };
    }

    /// <summary>Evaluates what a step makes of the true masks: an upper bound, of no model.</summary>
    internal static Evaluation OfBound(
        IMaskStep step,
        SliceStore store,
        IReadOnlyList<StoredScan> scans,
        string part,
        string profile,
        string run,
        long seed,
        IProgress<ProgressReport>? progress,
        CancellationToken token)
    {
        if (scans.FirstOrDefault(scan => !scan.Labelled) is { } unlabelled)
        {
            throw Unlabelled(unlabelled.Id, store);
        }

        var (rows, scores) = Score(store, scans, scan => AsProbabilities(step.Make(scan, scan.Truth, token).Masks), progress, token);
        return new Evaluation
        {
            Profile = profile,
            Model = step.Definition,
            Run = run,
            Seed = seed,
            DataFingerprint = store.Fingerprint,
            TrainingFingerprint = "",
            Part = part,
            Definition = DefinitionWith(step),
            WithoutSlices = WithoutKeptSlices(scans),
            Scores = scores,
            Scans = rows,
        };
    }

    private static DatasetException Unlabelled(string scan, SliceStore store) =>
        new($"Scan '{scan}' has no label, so nothing can be compared; leave it out, or use predict.", store.Path);

    private static string DefinitionWith(IMaskStep? step) => step is null ? StandardDefinition : $"{StandardDefinition}; masks: {step.Definition}";

    private static List<string> WithoutKeptSlices(IReadOnlyList<StoredScan> scans) => [.. scans.Where(scan => scan.SliceCount == 0).Select(scan => scan.Id)];

    private static (IReadOnlyList<ScanRow> Rows, ScoreSummary Scores) Score(
        SliceStore store, IReadOnlyList<StoredScan> scans, Func<ScanSlices, float[]> masks, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var rows = new List<ScanRow>();
        var scores = new List<ScanScores>();
        for (var i = 0; i < scans.Count; i++)
        {
            token.ThrowIfCancellationRequested();
            var scan = scans[i];
            if (scan.SliceCount > 0)
            {
                var slices = ScanSlices.Read(store, scan);
                var one = scan.GridAxes is { } axes
                    ? ScanEvaluator.Evaluate(masks(slices), slices.Truth, slices.Count, slices.Size, slices.Size, axes)
                    : ScanEvaluator.Evaluate(masks(slices), slices.Truth, slices.Count, slices.Size, slices.Size, scan.GridSpacing);
                scores.Add(one);
                rows.Add(new ScanRow(scan.Id, scan.SliceCount, one.Row()));
            }

            progress?.Report(new ProgressReport("evaluate", i + 1, scans.Count, scan.Id));
        }

        return scores.Count > 0
            ? (rows, ScoreSummary.Of(scores))
            : throw new DatasetException($"None of the {scans.Count} scans keeps a slice, so there is nothing to evaluate; keep a larger share of the slices.", store.Path);
    }

    private static float[] Masks(Predictor predictor, ScanSlices scan, IMaskStep? step, CancellationToken token)
    {
        var probabilities = predictor.Probabilities(scan.Pixels, scan.Count, token);
        return step is null ? probabilities : AsProbabilities(step.Make(scan, ScanEvaluator.Masks(probabilities), token).Masks);
    }

    private static float[] AsProbabilities(byte[] masks) => Array.ConvertAll(masks, value => (float)value);

    /// <summary>Ids of the scans that the training has seen, by their voxels; in older cards by the split of the same data.</summary>
    private static List<string> SeenIn(ModelCard card, SliceStore store, IReadOnlyList<StoredScan> scans)
    {
        var digests = (card.SeenScans ?? []).ToHashSet(StringComparer.Ordinal);
        if (card.DataFingerprint == store.Fingerprint && card.Split is { } split)
        {
            digests.UnionWith(split.Train.Select(id => store.Scans[store.Find(id)].ContentHash));
        }

        return [.. scans.Where(scan => digests.Contains(scan.ContentHash)).Select(scan => scan.Id)];
    }

    private static (IReadOnlyList<StoredScan> Scans, string? Unlabelled) ScansOf(ModelCard card, SliceStore store, string part)
    {
        IReadOnlyList<string>? ids = part switch
        {
            "test" => card.Split?.Test ?? [],
            "validation" => card.Split?.Validation ?? [],
            "train" => card.Split?.Train ?? [],
            "all" => null,
            _ => throw new ArgumentException($"Part '{part}' is unknown; give test, validation, train or all.", nameof(part)),
        };
        if (ids is not null && card.DataFingerprint != store.Fingerprint)
        {
            throw new DatasetException(
                $"{store.Path}: these are not the data the model was trained on, so its split does not apply; ask for all scans (--part all).", store.Path);
        }

        var named = ids?.ToHashSet(StringComparer.Ordinal);
        List<StoredScan> scans = [.. store.Scans.Where(scan => named?.Contains(scan.Id) ?? true)];
        return (scans, scans.FirstOrDefault(scan => !scan.Labelled)?.Id);
    }
}
