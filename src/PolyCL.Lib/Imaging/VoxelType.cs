namespace PolyCL.Imaging;

/// <summary>The number type in which voxels are stored.</summary>
public enum VoxelType
{
    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,

    /// <summary>Signed, 8 bits.</summary>
    Int8,

    /// <summary>Signed, 16 bits; the usual type of a CT.</summary>
    Int16,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,

    /// <summary>Signed, 32 bits.</summary>
    Int32,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,

    /// <summary>Signed, 64 bits.</summary>
    Int64,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,

    /// <summary>Floating point, 32 bits.</summary>
    Float32,

    /// <summary>Floating point, 64 bits.</summary>
    Float64,
}
