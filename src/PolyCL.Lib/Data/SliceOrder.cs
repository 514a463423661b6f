namespace PolyCL.Data;

/// <summary>In which order the axes of a scan are read when it is cut into slices.</summary>
public enum SliceOrder
{
    /// <summary>Axes reordered to L, P, S by the affine: rows front to back, columns right to left, slices from the feet up.</summary>
    Canonical,

    /// <summary>The file's third axis is the slice, its first axis the row, whatever they are; as the authors' script does.</summary>
    AsStored,
}
