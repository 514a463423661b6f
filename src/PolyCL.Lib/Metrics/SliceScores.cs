namespace PolyCL.Metrics;

/// <summary>The scores of one slice, in px of the evaluated grid.</summary>
public readonly record struct SliceScores
{
    /// <summary>Position of the slice among the evaluated ones, from 0.</summary>
    public required int Slice { get; init; }

    /// <summary>Pixels of prediction (probability above 0.5) and truth.</summary>
    public required MaskCounts Counts { get; init; }

    /// <summary>Dice, a share; 1 when both masks are empty, 0 when one is.</summary>
    public double Dice => Counts.Dice;

    /// <summary>Symmetric Hausdorff of the edge pixels, px; null when a mask is empty.</summary>
    public required double? HausdorffPx { get; init; }

    /// <summary>The larger of the two directed 95th percentiles, px; null when a mask is empty.</summary>
    public required double? Hd95Px { get; init; }

    /// <summary>The authors' smoothed Dice, a share.</summary>
    public double PaperDice => PaperCode.Dice(Counts);

    /// <summary>The authors' one-directed Hausdorff.</summary>
    public required PaperDistance PaperHausdorff { get; init; }
}
