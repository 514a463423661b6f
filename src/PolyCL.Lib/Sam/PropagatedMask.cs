namespace PolyCL.Sam;

/// <summary>The mask of one slice of a propagation.</summary>
/// <param name="Slice">Number of the slice in the sequence.</param>
/// <param name="Mask">[Height · Width] of 0 and 1.</param>
/// <param name="IsReference">Whether the slice's mask was given; then <paramref name="Mask"/> is the given one after a way through the network's size.</param>
/// <param name="ObjectScore">Logit of the object being there, absent at 0 and below; 10 for the given mask.</param>
/// <param name="PredictedIou">The network's estimate of the overlap with the truth, 0 to 1; null for the given mask.</param>
public sealed record PropagatedMask(int Slice, byte[] Mask, bool IsReference, double ObjectScore, double? PredictedIou)
{
    /// <summary>Pixels of the mask.</summary>
    public int Pixels { get; } = Mask.Count(pixel => pixel != 0);
}
