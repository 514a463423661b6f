using PolyCL.Sam;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>A slice before and after refinement by SAM.</summary>
/// <param name="Name">What the slice is called, such as scan and number.</param>
/// <param name="Slice">Its pixels.</param>
/// <param name="Coarse">The mask that SAM was given, one byte per pixel; every value above 0 is inside.</param>
/// <param name="Boxes">The boxes that SAM was asked, in pixels.</param>
/// <param name="Refined">The mask that it gave back.</param>
/// <param name="Truth">The true mask, or null where there is none.</param>
public sealed record RefinementPanel(
    string Name, SheetCell Slice, ReadOnlyMemory<byte> Coarse, IReadOnlyList<BoxPrompt> Boxes, ReadOnlyMemory<byte> Refined, ReadOnlyMemory<byte>? Truth = null);
