namespace PolyCL.Data;

/// <summary>What example selection may know of one kept slice.</summary>
/// <param name="Scan">Position of its scan in the list of scans it belongs to.</param>
/// <param name="Index">Axial index in the scan, counted from the feet in canonical order.</param>
/// <param name="ContainsOrgan">Whether the label shows the target organ, decided at full size before resizing; T(s) of eq. 1.</param>
/// <param name="OrganPixels">Target-organ pixels at full size.</param>
public readonly record struct SliceRecord(int Scan, int Index, bool ContainsOrgan, int OrganPixels);
