using System.Text.Json.Serialization;

namespace PolyCL.Metrics;

/// <summary>Means over scans.</summary>
public sealed record VolumeSummary
{
    /// <summary>Mean Dice over all scans, a share; both masks empty counts 1, one empty 0.</summary>
    public required double? Dice { get; init; }

    /// <summary>Mean symmetric Hausdorff over the <see cref="N"/> scans that have one, mm.</summary>
    public required double? HausdorffMm { get; init; }

    /// <summary>Mean HD95 over the <see cref="N"/> scans that have one, mm.</summary>
    public required double? Hd95Mm { get; init; }

    /// <summary>Mean symmetric surface distance over the <see cref="N"/> scans that have one, mm.</summary>
    public required double? AssdMm { get; init; }

    /// <summary>Mean surface Dice at 2 mm over all scans, a share; both masks empty counts 1, one empty 0.</summary>
    [JsonPropertyName("surface_dice_2mm")]
    public required double? SurfaceDice2Mm { get; init; }

    /// <summary>Scans with distances: both masks have voxels.</summary>
    public required int N { get; init; }

    /// <summary>Scans without distances because a mask is empty; left out of the three means in mm.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Sample standard deviations over scans.</summary>
    public required VolumeSpread Sd { get; init; }

    internal static VolumeSummary Of(IReadOnlyList<VolumeScores> scans)
    {
        double[] dice = [.. scans.Select(scan => scan.Dice)], surface = [.. scans.Select(scan => scan.SurfaceDice2Mm)];
        double[] hausdorff = [.. scans.Select(scan => scan.HausdorffMm).OfType<double>()];
        double[] hd95 = [.. scans.Select(scan => scan.Hd95Mm).OfType<double>()];
        double[] assd = [.. scans.Select(scan => scan.AssdMm).OfType<double>()];
        return new VolumeSummary
        {
            Dice = Mean.Of(dice),
            HausdorffMm = Mean.Of(hausdorff),
            Hd95Mm = Mean.Of(hd95),
            AssdMm = Mean.Of(assd),
            SurfaceDice2Mm = Mean.Of(surface),
            N = hausdorff.Length,
            LeftOut = scans.Count - hausdorff.Length,
            Sd = new VolumeSpread(Mean.Deviation(dice), Mean.Deviation(hausdorff), Mean.Deviation(hd95), Mean.Deviation(assd), Mean.Deviation(surface)),
        };
    }
}

/// <summary>Sample standard deviations over scans, in the units of the means; null with fewer than two values.</summary>
/// <param name="Dice">Over all scans.</param>
/// <param name="HausdorffMm">Over scans with distances.</param>
/// <param name="Hd95Mm">Over scans with distances.</param>
/// <param name="AssdMm">Over scans with distances.</param>
/// <param name="SurfaceDice2Mm">Over all scans.</param>
public sealed record VolumeSpread(
    double? Dice, double? HausdorffMm, double? Hd95Mm, double? AssdMm, [property: JsonPropertyName("surface_dice_2mm")] double? SurfaceDice2Mm);
