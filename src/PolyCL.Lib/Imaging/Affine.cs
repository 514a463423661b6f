namespace PolyCL.Imaging;

/// <summary>A 4×4 map from voxel index to position in mm; positions grow to the patient's right, front and head (RAS+).</summary>
/// <remarks>Always finite and invertible; the last row is 0, 0, 0, 1.</remarks>
public sealed class Affine : IEquatable<Affine>
{
    private readonly double[] rows;

    private Affine(double[] rows) => this.rows = rows;

    /// <summary>Column length below which, relative to the product of column lengths, the determinant counts as zero.</summary>
    private const double SingularShare = 1e-6;

    /// <summary>Cosine between axes up to which they count as at right angles: distances are then at most 0.05 % off, headers of four digits come near it.</summary>
    private const double SkewCosine = 1e-3;

    /// <summary>The element in row <paramref name="row"/> and column <paramref name="column"/>, both 0…3.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index lies outside 0…3.</exception>
    public double this[int row, int column] =>
        (uint)row < 4 && (uint)column < 4
            ? rows[(row * 4) + column]
            : throw new ArgumentOutOfRangeException(nameof(row), $"Element [{row}, {column}] does not exist; rows and columns are 0 to 3.");

    /// <summary>Distance between neighbouring voxels: the lengths of the first three columns, in mm.</summary>
    public Spacing Spacing => new(ColumnLength(0), ColumnLength(1), ColumnLength(2));

    /// <summary>Volume of one voxel in mm³: the determinant, which a tilt makes smaller than the product of the spacings.</summary>
    public double VoxelVolume => Math.Abs(Determinant());

    /// <summary>True when two axes are not at right angles, by more than a cosine of 0.001, as in scans of a tilted gantry; distances then need the axes themselves.</summary>
    public bool IsSkewed => Math.Max(Cosine(0, 1), Math.Max(Cosine(1, 2), Cosine(2, 0))) > SkewCosine;

    /// <summary>Creates the map from 16 numbers, row by row.</summary>
    /// <exception cref="ArgumentException">Not 16 finite numbers, a last row other than 0, 0, 0, 1, or axes that lie in one plane.</exception>
    public static Affine FromRows(double[] rowMajor16)
    {
        ArgumentNullException.ThrowIfNull(rowMajor16);
        return TryCreate(rowMajor16, out var problem) ?? throw new ArgumentException($"The affine {problem}.", nameof(rowMajor16));
    }

    /// <summary>Axes along right, front and head with the given spacing, voxel (0, 0, 0) at the origin.</summary>
    /// <exception cref="ArgumentException">The spacing is the default value (0 mm).</exception>
    public static Affine Diagonal(Spacing spacing) =>
        FromRows([spacing.X, 0, 0, 0, 0, spacing.Y, 0, 0, 0, 0, spacing.Z, 0, 0, 0, 0, 1]);

    /// <summary>The 16 elements, row by row.</summary>
    public double[] ToRows() => (double[])rows.Clone();

    /// <inheritdoc/>
    public bool Equals(Affine? other) => other is not null && rows.AsSpan().SequenceEqual(other.rows);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Affine);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(rows[0], rows[1], rows[2], rows[3], rows[7], rows[10], rows[11]);

    /// <summary>The affine, or null with the reason as the end of a sentence that starts with "The affine".</summary>
    internal static Affine? TryCreate(double[] rowMajor16, out string problem)
    {
        problem = "";
        if (rowMajor16.Length != 16)
        {
            problem = $"has {rowMajor16.Length} numbers; 16 are needed";
            return null;
        }

        if (!Array.TrueForAll(rowMajor16, double.IsFinite))
        {
            problem = "holds a number that is not finite";
            return null;
        }

        if (!rowMajor16.AsSpan(12).SequenceEqual([0.0, 0.0, 0.0, 1.0]))
        {
            problem = "has a last row other than 0 0 0 1";
            return null;
        }

        var affine = new Affine((double[])rowMajor16.Clone());
        var volume = affine.ColumnLength(0) * affine.ColumnLength(1) * affine.ColumnLength(2);
        if (!double.IsFinite(volume) || volume <= 0 || Math.Abs(affine.Determinant()) <= SingularShare * volume)
        {
            problem = "is singular: its three axes do not span space";
            return null;
        }

        return affine;
    }

    /// <summary>Largest distance between the places of the same corner voxel under two maps, in mm.</summary>
    internal double FarthestCorner(Affine other, double lastX, double lastY, double lastZ)
    {
        var farthest = 0.0;
        for (var corner = 0; corner < 8; corner++)
        {
            var squared = 0.0;
            for (var row = 0; row < 3; row++)
            {
                double Step(int column) => this[row, column] - other[row, column];
                var difference = Step(3) + ((corner & 1) * lastX * Step(0)) + ((corner >> 1 & 1) * lastY * Step(1)) + ((corner >> 2) * lastZ * Step(2));
                squared += difference * difference;
            }

            farthest = Math.Max(farthest, Math.Sqrt(squared));
        }

        return farthest;
    }

    /// <summary>The map after the stored axes were permuted and flipped: new axis i is old axis <paramref name="from"/>[i].</summary>
    internal Affine Reordered(ReadOnlySpan<int> from, ReadOnlySpan<bool> flip, ReadOnlySpan<int> oldSizes)
    {
        var result = new double[16];
        result[15] = 1;
        for (var row = 0; row < 3; row++)
        {
            var origin = this[row, 3];
            for (var axis = 0; axis < 3; axis++)
            {
                var step = this[row, from[axis]];
                result[(row * 4) + axis] = flip[axis] ? -step : step;
                origin += flip[axis] ? step * (oldSizes[from[axis]] - 1) : 0;
            }

            result[(row * 4) + 3] = origin;
        }

        return new Affine(result);
    }

    private double ColumnLength(int column) => double.Hypot(double.Hypot(this[0, column], this[1, column]), this[2, column]);

    private double Cosine(int a, int b) =>
        Math.Abs((this[0, a] * this[0, b]) + (this[1, a] * this[1, b]) + (this[2, a] * this[2, b])) / (ColumnLength(a) * ColumnLength(b));

    private double Determinant() =>
        (this[0, 0] * ((this[1, 1] * this[2, 2]) - (this[1, 2] * this[2, 1])))
        - (this[0, 1] * ((this[1, 0] * this[2, 2]) - (this[1, 2] * this[2, 0])))
        + (this[0, 2] * ((this[1, 0] * this[2, 1]) - (this[1, 1] * this[2, 0])));
}
