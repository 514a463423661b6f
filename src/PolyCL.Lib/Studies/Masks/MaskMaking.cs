using System.Globalization;
using PolyCL.Data;
using PolyCL.Metrics;
using PolyCL.Training;

namespace PolyCL.Studies.Masks;

/// <summary>Makes the masks of a row again, which its scores alone do not hold.</summary>
internal sealed class MaskMaking
{
    private readonly Study study;
    private readonly StudyArm arm;
    private readonly ScoreJob job;
    private readonly StudyDataset data;

    /// <exception cref="ArgumentException">The row's first run is not finished.</exception>
    public MaskMaking(Study study, StudyProtocol protocol, StudyArm arm)
    {
        (this.study, this.arm, data) = (study, arm, study.Context.Data.TestOf(protocol));
        job = study.ScoresOf(protocol, arm) is [var first, ..] && first.Model is not { Result: null }
            ? first
            : throw new ArgumentException($"Row '{arm.Label}' has no finished run; run the study first.");
        Scans = [.. job.TestScans.Where(scan => scan.SliceCount > 0)];
    }

    /// <summary>The test scans with kept slices.</summary>
    public IReadOnlyList<StoredScan> Scans { get; }

    /// <summary>The masks of some scans; of all when none is named.</summary>
    /// <exception cref="ArgumentException">There is no such scan.</exception>
    public IReadOnlyList<StudyMasks> Of(IReadOnlyList<string> ids, CancellationToken token)
    {
        if (ids.FirstOrDefault(id => Scans.All(scan => scan.Id != id)) is { } unknown)
        {
            throw new ArgumentException($"'{unknown}' is no test scan with kept slices; give one of {string.Join(", ", Scans.Select(scan => scan.Id))}.");
        }

        using var predictor = job.Model?.Result is { } run ? Predictor.Open(run.WeightsPath(), study.Context.Compute) : null;
        var step = arm.Sam == SamUse.None ? null : study.Context.Sam.Step(arm);
        return [.. Scans.Where(scan => ids.Count == 0 || ids.Contains(scan.Id)).Select(scan => Of(ScanSlices.Read(data.Store, scan), predictor, step, token))];
    }

    private StudyMasks Of(ScanSlices slices, Predictor? predictor, IMaskStep? step, CancellationToken token)
    {
        var coarse = predictor is null ? slices.Truth : ScanEvaluator.Masks(predictor.Probabilities(slices.Pixels, slices.Count, token));
        var made = step?.Make(slices, coarse, token) ?? new StepMasks(coarse, [], []);
        return new StudyMasks
        {
            Row = arm.Label,
            Scan = slices.Scan.Id,
            Slices = slices.Count,
            Size = slices.Size,
            Spacing = slices.Scan.GridSpacing,
            Pixels = slices.Pixels,
            Truth = slices.Truth,
            Coarse = coarse,
            Masks = made.Masks,
            Boxes = made.Boxes,
            References = made.References,
            Provenance = string.Create(
                CultureInfo.InvariantCulture,
                $"profile {study.Options.FineTuneProfile}, {data.Line}, seed {job.Seed}{(step is null ? "" : "\n" + step.Definition)}"),
        };
    }
}
