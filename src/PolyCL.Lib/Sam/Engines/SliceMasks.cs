namespace PolyCL.Sam.Engines;

/// <summary>The masks of a slice's boxes.</summary>
/// <param name="Union">Height × width of the slice: 1 where the mask of any box is.</param>
/// <param name="Qualities">The model's own estimate of each box's overlap with the truth, about 0 to 1.</param>
internal sealed record SliceMasks(byte[] Union, float[] Qualities);
