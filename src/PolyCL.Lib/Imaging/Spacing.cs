using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Distance between neighbouring voxels per axis, in mm.</summary>
public readonly record struct Spacing
{
    /// <summary>Creates a spacing in mm.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A distance is not finite or not above 0.</exception>
    public Spacing(double X, double Y, double Z)
    {
        this.X = Check.Positive(X);
        this.Y = Check.Positive(Y);
        this.Z = Check.Positive(Z);
    }

    /// <summary>Along the first axis, mm.</summary>
    public double X { get; }

    /// <summary>Along the second axis, mm.</summary>
    public double Y { get; }

    /// <summary>Along the third axis, mm.</summary>
    public double Z { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{X:0.####}×{Y:0.####}×{Z:0.####} mm");
}
