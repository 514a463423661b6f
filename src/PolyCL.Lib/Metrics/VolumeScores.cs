namespace PolyCL.Metrics;

/// <summary>The scores of one scan over all evaluated slices together, in mm.</summary>
public sealed record VolumeScores
{
    /// <summary>The tolerance of <see cref="SurfaceDice2Mm"/>, mm.</summary>
    public const double SurfaceToleranceMm = 2;

    /// <summary>Voxels of prediction (probability above 0.5) and truth.</summary>
    public required MaskCounts Counts { get; init; }

    /// <summary>Dice, a share; 1 when both masks are empty, 0 when one is.</summary>
    public double Dice => Counts.Dice;

    /// <summary>Symmetric Hausdorff, mm; null when a mask is empty.</summary>
    public required double? HausdorffMm { get; init; }

    /// <summary>The larger of the two directed 95th percentiles, mm; null when a mask is empty.</summary>
    public required double? Hd95Mm { get; init; }

    /// <summary>Mean distance over both directions pooled, mm; null when a mask is empty.</summary>
    public required double? AssdMm { get; init; }

    /// <summary>Share of edge voxels within 2 mm of the other edge; 1 when both masks are empty, 0 when one is.</summary>
    public required double SurfaceDice2Mm { get; init; }
}
