namespace PolyCL.Sam;

/// <summary>A refined slice.</summary>
/// <param name="Mask">Height × width of 0 and 1; empty where the coarse mask was.</param>
/// <param name="Boxes">The boxes that were asked, in pixels.</param>
/// <param name="Qualities">For each box, the model's own estimate of its mask's overlap with the truth, about 0 to 1.</param>
public sealed record RefinedSlice(byte[] Mask, IReadOnlyList<BoxPrompt> Boxes, IReadOnlyList<float> Qualities);
