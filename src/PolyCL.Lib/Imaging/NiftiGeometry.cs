using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>The geometry fields of a header and the affine that follows from them.</summary>
internal sealed record NiftiGeometry(
    int QFormCode, int SFormCode, double[] PixDim, long[] Dimensions, double[] Quaternion, double[] QOffset, double[] SRows)
{
    /// <summary>Room for float32 rounding in b² + c² + d² ≤ 1.</summary>
    private const double QuaternionSlack = 1e-6;
    private const string Mend = "Correct the header, or pass the orientation or the affine.";

    /// <summary>The caller's geometry, else sform, else qform, else axes L, A, S centred on the volume (what nibabel does).</summary>
    public static Affine Resolve(string path, NiftiGeometry stored, NiftiReadOptions options, out bool known)
    {
        known = options.Affine is not null || options.Orientation is not null || stored.SFormCode > 0 || stored.QFormCode > 0;
        if (options.Affine is not null)
        {
            return options.Affine;
        }

        if (options.Orientation is { } orientation)
        {
            return stored.FromLetters(path, orientation);
        }

        return stored.SFormCode > 0 ? Checked(path, "srow", [.. stored.SRows, 0, 0, 0, 1])
            : stored.QFormCode > 0 ? stored.FromQuaternion(path)
            : stored.Centred(path);
    }

    private Affine FromLetters(string path, Orientation orientation)
    {
        var rows = new double[16];
        rows[15] = 1;
        for (var axis = 0; axis < 3; axis++)
        {
            rows[(orientation.WorldAxis(axis) * 4) + axis] = orientation.Positive(axis) ? Size(path, axis) : -Size(path, axis);
        }

        return Checked(path, "pixdim", rows);
    }

    private Affine Centred(string path)
    {
        var rows = new double[16];
        rows[15] = 1;
        for (var axis = 0; axis < 3; axis++)
        {
            var step = axis == 0 ? -Size(path, axis) : Size(path, axis);
            rows[(axis * 4) + axis] = step;
            rows[(axis * 4) + 3] = -step * ((Count(axis) - 1) / 2.0);
        }

        return Checked(path, "pixdim", rows);
    }

    private Affine FromQuaternion(string path)
    {
        double b = Quaternion[0], c = Quaternion[1], d = Quaternion[2];
        var rest = 1 - ((b * b) + (c * c) + (d * d));
        if (!(rest >= -QuaternionSlack))
        {
            throw new ScanFormatException(path, "quatern", string.Create(
                CultureInfo.InvariantCulture, $"({b}, {c}, {d}) is not a rotation: b² + c² + d² must be at most 1. {Mend}"));
        }

        var a = rest > 0 ? Math.Sqrt(rest) : 0;
        double x = Size(path, 0), y = Size(path, 1), z = PixDim[0] < 0 ? -Size(path, 2) : Size(path, 2);
        return Checked(path, "qform",
        [
            ((a * a) + (b * b) - (c * c) - (d * d)) * x, 2 * ((b * c) - (a * d)) * y, 2 * ((b * d) + (a * c)) * z, QOffset[0],
            2 * ((b * c) + (a * d)) * x, ((a * a) + (c * c) - (b * b) - (d * d)) * y, 2 * ((c * d) - (a * b)) * z, QOffset[1],
            2 * ((b * d) - (a * c)) * x, 2 * ((c * d) + (a * b)) * y, ((a * a) + (d * d) - (b * b) - (c * c)) * z, QOffset[2],
            0, 0, 0, 1,
        ]);
    }

    private long Count(int axis) => axis < Dimensions.Length ? Dimensions[axis] : 1;

    /// <summary>Spacing along an axis; an axis of one voxel without a spacing counts 1 mm, a sign is ignored (the standard has none).</summary>
    private double Size(string path, int axis)
    {
        var size = Math.Abs(PixDim[axis + 1]);
        if (size > 0 && double.IsFinite(size))
        {
            return size;
        }

        return axis >= Dimensions.Length || (Count(axis) == 1 && size == 0)
            ? 1
            : throw new ScanFormatException(path, $"pixdim[{axis + 1}]", string.Create(
                CultureInfo.InvariantCulture, $"the spacing is {PixDim[axis + 1]}; it must be above 0 mm. {Mend}"));
    }

    private static Affine Checked(string path, string field, double[] rows) =>
        Affine.TryCreate(rows, out var problem) ?? throw new ScanFormatException(path, field, $"the affine {problem}. {Mend}");
}
