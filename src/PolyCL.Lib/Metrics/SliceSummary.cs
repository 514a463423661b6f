namespace PolyCL.Metrics;

/// <summary>Means over slices.</summary>
public sealed record SliceSummary
{
    /// <summary>Mean Dice over the slices where a mask has pixels, a share; one mask empty counts 0.</summary>
    public required double? Dice { get; init; }

    /// <summary>Mean Dice over all slices, a share; both masks empty counts 1.</summary>
    public required double? DiceAll { get; init; }

    /// <summary>Mean symmetric Hausdorff over the <see cref="N"/> slices where both masks have pixels, px.</summary>
    public required double? HausdorffPx { get; init; }

    /// <summary>Mean HD95 over the <see cref="N"/> slices where both masks have pixels, px.</summary>
    public required double? Hd95Px { get; init; }

    /// <summary>Slices where both masks have pixels.</summary>
    public required int N { get; init; }

    /// <summary>All other slices; left out of both means in px.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Slices left out because only the truth has pixels.</summary>
    public required int Missed { get; init; }

    /// <summary>Slices left out because only the prediction has pixels.</summary>
    public required int Spurious { get; init; }

    /// <summary>Sample standard deviations over slices.</summary>
    public required SliceSpread Sd { get; init; }

    internal static SliceSummary Of(IReadOnlyList<SliceScores> slices)
    {
        double[] all = [.. slices.Select(slice => slice.Dice)], shown = [.. slices.Where(slice => !slice.Counts.BothEmpty).Select(slice => slice.Dice)];
        double[] hausdorff = [.. slices.Select(slice => slice.HausdorffPx).OfType<double>()];
        double[] hd95 = [.. slices.Select(slice => slice.Hd95Px).OfType<double>()];
        return new SliceSummary
        {
            Dice = Mean.Of(shown),
            DiceAll = Mean.Of(all),
            HausdorffPx = Mean.Of(hausdorff),
            Hd95Px = Mean.Of(hd95),
            N = hausdorff.Length,
            LeftOut = slices.Count - hausdorff.Length,
            Missed = slices.Count(slice => slice.Counts.Missed),
            Spurious = slices.Count(slice => slice.Counts.Spurious),
            Sd = new SliceSpread(Mean.Deviation(shown), Mean.Deviation(all), Mean.Deviation(hausdorff), Mean.Deviation(hd95)),
        };
    }
}

/// <summary>Sample standard deviations over slices, in the units of the means; null with fewer than two values.</summary>
/// <param name="Dice">Over slices where a mask has pixels.</param>
/// <param name="DiceAll">Over all slices.</param>
/// <param name="HausdorffPx">Over slices where both masks have pixels.</param>
/// <param name="Hd95Px">Over slices where both masks have pixels.</param>
public sealed record SliceSpread(double? Dice, double? DiceAll, double? HausdorffPx, double? Hd95Px);
