using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>The geometry fields of a header and the affine that follows from them.</summary>
internal sealed record NiftiGeometry(
    int QFormCode, int SFormCode, double[] PixDim, long[] Dimensions, double[] Quaternion, double[] QOffset, double[] SRows, LengthUnit Unit)
{
    /// <summary>How far b² + c² + d² may exceed 1 and still be normalised: numbers written with two digits reach it, a wrong field does not stay below.</summary>
    private const double QuaternionLimit = 0.01;

    /// <summary>Excess that float32 rounding explains; not noted.</summary>
    private const double QuaternionRounding = 1e-6;

    /// <summary>Share by which pixdim may differ from the affine without a note.</summary>
    private const double SizeTolerance = 1e-3;

    /// <summary>Share of the smallest spacing by which sform and qform may place a corner apart without a note.</summary>
    private const double PlaceTolerance = 0.5;

    /// <summary>Spacings beyond these, mm, suggest that the unit is wrong.</summary>
    private const double SmallestCt = 0.02, LargestCt = 50;
    private const string Mend = "Correct the header, or give the true axis order (option orientation, such as LPS).";

    private double Millimetres => Unit switch
    {
        LengthUnit.Metre => 1000,
        LengthUnit.Micrometre => 1e-3,
        _ => 1,
    };

    /// <summary>The caller's geometry, else sform, else qform, else axes L, A, S centred on the volume; in mm.</summary>
    public Affine Resolve(string path, NiftiReadOptions options, List<string> notes, out bool known)
    {
        known = options.Affine is not null || options.Orientation is not null || SFormCode > 0 || QFormCode > 0;
        if (options.Affine is not null)
        {
            return options.Affine;
        }

        var affine = options.Orientation is { } orientation ? FromLetters(path, orientation)
            : SFormCode > 0 ? FromRows(path, notes)
            : QFormCode > 0 ? FromQuaternion(path, notes)
            : Centred(path);
        NoteLengths(affine, notes);
        return affine;
    }

    private Affine FromLetters(string path, Orientation orientation)
    {
        var rows = new double[16];
        rows[15] = 1;
        for (var axis = 0; axis < 3; axis++)
        {
            var size = KnownSize(axis) ?? SFormSize(axis) ?? throw NoSize(path, axis);
            rows[(orientation.WorldAxis(axis) * 4) + axis] = orientation.Positive(axis) ? size : -size;
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

    /// <summary>The sform; when it does not span space the qform, as ITK does.</summary>
    private Affine FromRows(string path, List<string> notes)
    {
        double[] rows = [.. SRows.Select(value => value * Millimetres), 0, 0, 0, 1];
        if (Affine.TryCreate(rows, out var problem) is not { } affine)
        {
            if (QFormCode <= 0)
            {
                throw new ScanFormatException(path, "srow", $"the affine {problem}, and there is no qform. {Mend}");
            }

            var rescue = FromQuaternion(path, notes);
            notes.Add($"the sform {problem}; the qform is used");
            return rescue;
        }

        if (QFormCode > 0 && Enumerable.Range(0, 3).All(axis => KnownSize(axis) is not null) && Rotation(out _) is not null
            && FromQuaternion(path, []) is var other)
        {
            var gap = affine.FarthestCorner(other, Count(0) - 1, Count(1) - 1, Count(2) - 1);
            var spacing = affine.Spacing;
            if (gap > PlaceTolerance * Math.Min(spacing.X, Math.Min(spacing.Y, spacing.Z)))
            {
                notes.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"sform ({Orientation.FromAffine(affine)}) and qform ({Orientation.FromAffine(other)}) place voxels up to {gap:0.##} mm apart; the sform is used"));
            }
        }

        return affine;
    }

    private Affine FromQuaternion(string path, List<string> notes)
    {
        if (Rotation(out var excess) is not [var a, var b, var c, var d])
        {
            throw new ScanFormatException(path, "quatern", string.Create(
                CultureInfo.InvariantCulture,
                $"({Quaternion[0]}, {Quaternion[1]}, {Quaternion[2]}) is not a rotation: b² + c² + d² must be at most 1, and is normalised up to {1 + QuaternionLimit}. {Mend}"));
        }

        if (excess > QuaternionRounding)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"the quaternion's b² + c² + d² exceeds 1 by {excess:0.#######}; it was normalised"));
        }

        double x = Size(path, 0), y = Size(path, 1), z = PixDim[0] < 0 ? -Size(path, 2) : Size(path, 2);
        return Checked(path, "qform",
        [
            ((a * a) + (b * b) - (c * c) - (d * d)) * x, 2 * ((b * c) - (a * d)) * y, 2 * ((b * d) + (a * c)) * z, QOffset[0] * Millimetres,
            2 * ((b * c) + (a * d)) * x, ((a * a) + (c * c) - (b * b) - (d * d)) * y, 2 * ((c * d) - (a * b)) * z, QOffset[1] * Millimetres,
            2 * ((b * d) - (a * c)) * x, 2 * ((c * d) + (a * b)) * y, ((a * a) + (d * d) - (b * b) - (c * c)) * z, QOffset[2] * Millimetres,
            0, 0, 0, 1,
        ]);
    }

    /// <summary>a, b, c, d of length 1; a vector longer than 1 is a half turn about it, shortened (as niftilib); null when it is too long or not finite.</summary>
    private double[]? Rotation(out double excess)
    {
        double b = Quaternion[0], c = Quaternion[1], d = Quaternion[2];
        var squared = (b * b) + (c * c) + (d * d);
        excess = Math.Max(0, squared - 1);
        if (!(squared <= 1 + QuaternionLimit))
        {
            return null;
        }

        var length = Math.Sqrt(squared);
        return squared > 1 ? [0, b / length, c / length, d / length] : [Math.Sqrt(1 - squared), b, c, d];
    }

    private void NoteLengths(Affine affine, List<string> notes)
    {
        var spacing = affine.Spacing;
        double[] sizes = [spacing.X, spacing.Y, spacing.Z];
        if (Unit is LengthUnit.Metre or LengthUnit.Micrometre)
        {
            notes.Add($"lengths are in {(Unit == LengthUnit.Metre ? "metres" : "micrometres")}; converted to mm");
        }

        if (sizes.Min() < SmallestCt || sizes.Max() > LargestCt)
        {
            notes.Add($"a spacing of {spacing} is unusual for CT; is the unit right?");
        }

        if (Enumerable.Range(0, Math.Min(3, Dimensions.Length)).Any(axis => Differs(axis, sizes[axis])))
        {
            var stored = string.Join('×', PixDim[1..4].Select(size => (size * Millimetres).ToString("0.####", CultureInfo.InvariantCulture)));
            notes.Add($"pixdim says {stored} mm, the affine {spacing}; the affine's is used");
        }

        if (affine.IsSkewed)
        {
            notes.Add("the axes are not at right angles (a tilted gantry?); distances are measured along the true axes");
        }
    }

    /// <summary>Whether pixdim contradicts the affine; an axis of one voxel may be without a spacing.</summary>
    private bool Differs(int axis, double size) =>
        !(Math.Abs((Math.Abs(PixDim[axis + 1]) * Millimetres) - size) <= SizeTolerance * size) && !(Count(axis) == 1 && PixDim[axis + 1] == 0);

    private long Count(int axis) => axis < Dimensions.Length ? Dimensions[axis] : 1;

    /// <summary>Spacing along an axis, mm; an axis of one voxel without a spacing counts 1, a sign is ignored (the standard has none).</summary>
    private double? KnownSize(int axis)
    {
        var size = Math.Abs(PixDim[axis + 1]);
        return size > 0 && double.IsFinite(size) ? size * Millimetres
            : axis >= Dimensions.Length || (Count(axis) == 1 && size == 0) ? 1
            : null;
    }

    private double? SFormSize(int axis)
    {
        var size = double.Hypot(double.Hypot(SRows[axis], SRows[axis + 4]), SRows[axis + 8]) * Millimetres;
        return SFormCode > 0 && size > 0 && double.IsFinite(size) ? size : null;
    }

    private double Size(string path, int axis) => KnownSize(axis) ?? throw NoSize(path, axis);

    private ScanFormatException NoSize(string path, int axis) => new(path, $"pixdim[{axis + 1}]", string.Create(
        CultureInfo.InvariantCulture, $"the spacing is {PixDim[axis + 1]}; it must be above 0 mm. Correct the header."));

    private static Affine Checked(string path, string field, double[] rows) =>
        Affine.TryCreate(rows, out var problem) ?? throw new ScanFormatException(path, field, $"the affine {problem}. {Mend}");
}
