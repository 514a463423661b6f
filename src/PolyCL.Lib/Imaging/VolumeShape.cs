using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Voxels per axis of a volume.</summary>
public readonly record struct VolumeShape
{
    /// <summary>Creates a shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is zero or negative.</exception>
    public VolumeShape(int X, int Y, int Z)
    {
        this.X = Check.Positive(X);
        this.Y = Check.Positive(Y);
        this.Z = Check.Positive(Z);
    }

    /// <summary>Voxels along the first axis.</summary>
    public int X { get; }

    /// <summary>Voxels along the second axis.</summary>
    public int Y { get; }

    /// <summary>Voxels along the third axis.</summary>
    public int Z { get; }

    /// <summary>Voxels in all.</summary>
    /// <exception cref="OverflowException">The product exceeds 64 bits.</exception>
    public long VoxelCount => checked((long)X * Y * Z);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{X}×{Y}×{Z}");
}
