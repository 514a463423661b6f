using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>A slice of a propagation.</summary>
/// <param name="Index">Its number, counted from the feet from 0.</param>
/// <param name="Slice">Its pixels.</param>
/// <param name="Mask">The mask that SAM 2 carried there, one byte per pixel; every value above 0 is inside.</param>
/// <param name="Truth">The true mask, or null where there is none.</param>
/// <param name="IsReference">Whether the mask was given.</param>
public sealed record StripSlice(int Index, SheetCell Slice, ReadOnlyMemory<byte> Mask, ReadOnlyMemory<byte>? Truth = null, bool IsReference = false);
