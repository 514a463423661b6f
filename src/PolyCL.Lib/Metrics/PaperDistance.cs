namespace PolyCL.Metrics;

/// <summary>What the authors' Hausdorff does with one slice.</summary>
public enum PaperDistanceKind
{
    /// <summary>The truth is empty or the probabilities have no contour at 0.9: the slice is skipped.</summary>
    Skipped,

    /// <summary>The slice has a distance.</summary>
    Measured,

    /// <summary>The truth fills the frame, so that it has no contour, and the probabilities have one: the authors' code stops with an error.</summary>
    Fails,
}

/// <summary>The authors' Hausdorff of one slice: one direction, contours at 0.9, in px of the evaluated grid.</summary>
/// <param name="Kind">Whether there is a distance.</param>
/// <param name="Px">The distance before truncation, px; 0 without one.</param>
/// <remarks>Source: authors' LossFunctions.py.</remarks>
public readonly record struct PaperDistance(PaperDistanceKind Kind, double Px)
{
    /// <summary>The whole pixels that enter the authors' sums: their accumulator holds integers.</summary>
    public int WholePx => (int)Px;
}
