using PolyCL.Sam;

namespace PolyCL.Studies.Masks;

/// <summary>What a step made of a scan.</summary>
/// <param name="Masks">[slices · area] of 0 and 1.</param>
/// <param name="Boxes">The boxes that were asked in each slice; empty without SAM.</param>
/// <param name="References">The slices whose mask was given to SAM 2; empty without it.</param>
internal sealed record StepMasks(byte[] Masks, IReadOnlyList<IReadOnlyList<BoxPrompt>> Boxes, IReadOnlyList<int> References);
