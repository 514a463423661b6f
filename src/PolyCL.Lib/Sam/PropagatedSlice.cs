namespace PolyCL.Sam;

/// <summary>One slice of a propagation through a scan.</summary>
/// <param name="Slice">Its number, counted from the feet from 0.</param>
/// <param name="IsReference">Whether its mask was given.</param>
/// <param name="ObjectScore">Logit of the object being there, absent at 0 and below; 10 for the given mask.</param>
/// <param name="PredictedIou">The network's estimate of the overlap with the truth, 0 to 1; null for the given mask.</param>
/// <param name="Pixels">Pixels of the mask.</param>
/// <param name="Dice">Dice with the annotation; null where the slice has none, or only the reference slice has.</param>
public sealed record PropagatedSlice(int Slice, bool IsReference, double ObjectScore, double? PredictedIou, int Pixels, double? Dice);
