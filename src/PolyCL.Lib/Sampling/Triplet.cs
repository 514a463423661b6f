namespace PolyCL.Sampling;

/// <summary>An anchor with its like and its unlike partner: positions in the list of slices the selector was made for.</summary>
/// <param name="Anchor">The anchor, s in the paper.</param>
/// <param name="Positive">The like partner, s⁺; the anchor itself where the strategy compares views of one slice.</param>
/// <param name="Negative">The unlike partner, s⁻; <see cref="NoSlice"/> where the strategy draws none.</param>
public readonly record struct Triplet(int Anchor, int Positive, int Negative)
{
    /// <summary>Stands for "no slice": the negative of SimCLR and SupCon, whose negatives are the rest of the batch.</summary>
    public const int NoSlice = -1;
}
