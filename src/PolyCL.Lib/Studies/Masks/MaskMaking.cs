using System.Globalization;
using PolyCL.Data;
using PolyCL.Metrics;
using PolyCL.Training;

namespace PolyCL.Studies.Masks;

/// <summary>Makes the masks of a row again, which its scores alone do not hold.</summary>
internal static class MaskMaking
{
    public static StudyMasks Of(Study study, StudyProtocol protocol, StudyArm arm, string? scan, CancellationToken token)
    {
        if (study.ScoresOf(protocol, arm) is not [var job, ..] || job.Model is { Result: null })
        {
            throw new ArgumentException($"Row '{arm.Label}' has no finished run; run the study first.");
        }

        var slices = ScanSlices.Read(study.Context.Data.TestOf(protocol).Store, Find(job, scan));
        var coarse = slices.Truth;
        if (job.Model?.Result is { } run)
        {
            using var predictor = Predictor.Open(run.WeightsPath(), study.Context.Compute);
            coarse = ScanEvaluator.Masks(predictor.Probabilities(slices.Pixels, slices.Count, token));
        }

        var step = arm.Sam == SamUse.None ? null : study.Context.Sam.Step(arm);
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
                $"profile {study.Options.FineTuneProfile}, {study.Context.Data.TestOf(protocol).Line}, seed {job.Seed}{(step is null ? "" : "; " + step.Definition)}"),
        };
    }

    private static StoredScan Find(ScoreJob job, string? scan)
    {
        var scans = job.TestScans.Where(one => one.SliceCount > 0).ToList();
        return (scan is null ? scans.MaxBy(one => one.SliceCount) : scans.Find(one => one.Id == scan))
            ?? throw new ArgumentException($"'{scan}' is no test scan with kept slices; give one of {string.Join(", ", scans.Select(one => one.Id))}.");
    }
}
