using System.Numerics;

namespace PolyCL.Imaging;

/// <summary>A voxel array with its geometry. Voxels stay in their stored type; slope and intercept are applied on access.</summary>
/// <remarks>Reordering and transposing give views of the same voxels; nothing is copied. Safe for many readers at once.</remarks>
public sealed class Volume
{
    private readonly VoxelArray voxels;
    private readonly long origin;
    private readonly long strideX;
    private readonly long strideY;
    private readonly long strideZ;

    internal Volume(VoxelArray voxels, VolumeShape shape, Affine affine, bool orientationKnown = true, double slope = 1, double intercept = 0)
        : this(voxels, shape, affine, orientationKnown, slope, intercept, 0, [1, shape.X, (long)shape.X * shape.Y])
    {
    }

    private Volume(
        VoxelArray voxels, VolumeShape shape, Affine affine, bool known, double slope, double intercept, long origin, ReadOnlySpan<long> strides)
    {
        this.voxels = voxels;
        this.origin = origin;
        (strideX, strideY, strideZ) = (strides[0], strides[1], strides[2]);
        Shape = shape;
        Affine = affine;
        OrientationKnown = known;
        Slope = slope;
        Intercept = intercept;
        Orientation = Orientation.FromAffine(affine);
    }

    /// <summary>Voxels per axis.</summary>
    public VolumeShape Shape { get; }

    /// <summary>Voxel index to position in mm, RAS+.</summary>
    public Affine Affine { get; }

    /// <summary>Distance between voxels per axis in mm, from the affine.</summary>
    public Spacing Spacing => Affine.Spacing;

    /// <summary>The closest axis order.</summary>
    public Orientation Orientation { get; }

    /// <summary>False when the file names no orientation; then the axis order is only a convention and should be given by the caller.</summary>
    public bool OrientationKnown { get; }

    /// <summary>What is odd about the file's geometry and how it was understood; see <see cref="NiftiHeader.Notes"/>.</summary>
    public IReadOnlyList<string> Notes { get; internal init; } = [];

    /// <summary>The type in which the voxels are held.</summary>
    public VoxelType StoredType => voxels.Type;

    /// <summary>Factor from stored value to value.</summary>
    public double Slope { get; }

    /// <summary>Added after the factor.</summary>
    public double Intercept { get; }

    /// <summary>The value at an index: stored value × slope + intercept, in double.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index lies outside the volume.</exception>
    public double this[int x, int y, int z] =>
        (uint)x < (uint)Shape.X && (uint)y < (uint)Shape.Y && (uint)z < (uint)Shape.Z
            ? (voxels.Raw(origin + (x * strideX) + (y * strideY) + (z * strideZ)) * Slope) + Intercept
            : throw new ArgumentOutOfRangeException(nameof(x), $"Voxel ({x}, {y}, {z}) lies outside the volume of {Shape}.");

    /// <summary>Makes a volume around an array in file order (x fastest); the array is not copied.</summary>
    /// <exception cref="ArgumentException">The array's length is not the shape's voxel count, or its type is not one of <see cref="VoxelType"/>.</exception>
    public static Volume FromArray<T>(VolumeShape shape, Affine affine, T[] voxels)
        where T : unmanaged, INumberBase<T>
    {
        ArgumentNullException.ThrowIfNull(affine);
        ArgumentNullException.ThrowIfNull(voxels);
        return shape.VoxelCount == voxels.LongLength && voxels.LongLength > 0
            ? new Volume(new VoxelArray<T>(voxels), shape, affine)
            : throw new ArgumentException($"The array holds {voxels.LongLength} voxels; {shape} needs {shape.VoxelCount}.", nameof(voxels));
    }

    /// <summary>The same voxels with axes swapped and flipped to the asked order; an oblique volume stays oblique.</summary>
    public Volume Reorient(Orientation target)
    {
        Span<int> from = stackalloc int[3];
        Span<bool> flip = stackalloc bool[3];
        for (var axis = 0; axis < 3; axis++)
        {
            for (var old = 0; old < 3; old++)
            {
                if (Orientation.WorldAxis(old) == target.WorldAxis(axis))
                {
                    from[axis] = old;
                    flip[axis] = Orientation.Positive(old) != target.Positive(axis);
                }
            }
        }

        return View(from, flip);
    }

    /// <summary>The same voxels with the first two axes exchanged, so that slices have the stored first axis as rows.</summary>
    /// <remarks>The authors' script takes <c>data[:, :, k]</c> in this way.</remarks>
    public Volume TransposeInPlane() => View([1, 0, 2], [false, false, false]);

    /// <summary>Copies slice <paramref name="z"/> row by row: <c>destination[y * X + x]</c>, values scaled.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is shorter than X·Y.</exception>
    public void CopySlice(int z, Span<float> destination) => CopySliceTo(z, destination);

    /// <inheritdoc cref="CopySlice(int, Span{float})"/>
    public void CopySlice(int z, Span<double> destination) => CopySliceTo(z, destination);

    /// <summary>Puts a value in place of every voxel that is not finite, here and in every view; returns how many there were.</summary>
    internal long ReplaceNonFinite(double value) => voxels.ReplaceNonFinite(Slope, Intercept, value);

    /// <summary>The same voxels under another volume's affine, to undo the rounding of a reordering there and back.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    internal Volume WithGeometryOf(Volume other) => Shape == other.Shape
        ? new Volume(voxels, Shape, other.Affine, other.OrientationKnown, Slope, Intercept, origin, [strideX, strideY, strideZ]) { Notes = other.Notes }
        : throw new ArgumentException($"The volumes are {Shape} and {other.Shape}; a geometry can be taken over from one of the same shape only.", nameof(other));

    /// <summary>Counts what whole numbers the voxels hold.</summary>
    internal void Count(LabelCount count) => voxels.Count(Slope, Intercept, count);

    /// <summary>The same grid with 0 and 1 in the voxels, by the value of each.</summary>
    internal Volume Select(Func<double, bool> isIn) =>
        new(new VoxelArray<byte>(voxels.Select(Slope, Intercept, isIn)), Shape, Affine, OrientationKnown, 1, 0, origin, [strideX, strideY, strideZ]) { Notes = Notes };

    /// <summary>Copies a slice of whole numbers; a value outside the type's range is cut down to its low bits.</summary>
    internal void CopySlice(int z, Span<short> destination) => CopySliceTo(z, destination);

    /// <inheritdoc cref="CopySlice(int, Span{short})"/>
    internal void CopySlice(int z, Span<byte> destination) => CopySliceTo(z, destination);

    /// <summary>Copies one line of stored values along x, little-endian.</summary>
    internal void CopyRawLine(int y, int z, Span<byte> destination) =>
        voxels.CopyRaw(origin + (y * strideY) + (z * strideZ), strideX, destination);

    private void CopySliceTo<TOut>(int z, Span<TOut> destination)
        where TOut : unmanaged, INumberBase<TOut>
    {
        if ((uint)z >= (uint)Shape.Z)
        {
            throw new ArgumentOutOfRangeException(nameof(z), $"Slice {z} does not exist; the volume has {Shape.Z} slices, counted from 0.");
        }

        var needed = (long)Shape.X * Shape.Y;
        if (destination.Length < needed)
        {
            throw new ArgumentException($"The destination holds {destination.Length} pixels; a slice has {needed}.", nameof(destination));
        }

        var start = origin + (z * strideZ);
        if (Math.Abs(strideX) <= Math.Abs(strideY))
        {
            for (var y = 0; y < Shape.Y; y++)
            {
                voxels.Copy(start + (y * strideY), strideX, Shape.X, Slope, Intercept, destination.Slice(y * Shape.X, Shape.X), 1);
            }
        }
        else
        {
            // The stored lines run along the columns: read them in storage order, write with a stride.
            for (var x = 0; x < Shape.X; x++)
            {
                voxels.Copy(start + (x * strideX), strideY, Shape.Y, Slope, Intercept, destination[x..], Shape.X);
            }
        }
    }

    private Volume View(ReadOnlySpan<int> from, ReadOnlySpan<bool> flip)
    {
        ReadOnlySpan<int> sizes = [Shape.X, Shape.Y, Shape.Z];
        ReadOnlySpan<long> old = [strideX, strideY, strideZ];
        Span<long> strides = stackalloc long[3];
        var start = origin;
        for (var axis = 0; axis < 3; axis++)
        {
            var stride = old[from[axis]];
            strides[axis] = flip[axis] ? -stride : stride;
            start += flip[axis] ? stride * (sizes[from[axis]] - 1) : 0;
        }

        var shape = new VolumeShape(sizes[from[0]], sizes[from[1]], sizes[from[2]]);
        return new Volume(voxels, shape, Affine.Reordered(from, flip, sizes), OrientationKnown, Slope, Intercept, start, strides) { Notes = Notes };
    }
}
