using System.Numerics;

namespace PolyCL.Metrics;

/// <summary>The points where a contour crosses the grid of pixel centres, in pixels (row, column); pixel (0, 0) has its centre at 0, 0.</summary>
/// <remarks>
/// For every horizontal or vertical pair of neighbours with one value above the level and the other not, the linearly interpolated point. The same
/// set as the points of scikit-image's find_contours, which the authors' Hausdorff uses. Contours do not close along the image border.
/// </remarks>
public sealed class ContourPoints
{
    private ContourPoints(double[] rows, double[] columns)
    {
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Number of points.</summary>
    public int Count => Rows.Length;

    /// <summary>The row of each point, px.</summary>
    internal double[] Rows { get; }

    /// <summary>The column of each point, px.</summary>
    internal double[] Columns { get; }

    /// <summary>The point at a position.</summary>
    public (double Row, double Column) this[int index] => (Rows[index], Columns[index]);

    /// <summary>The crossings of a map of values, such as probabilities.</summary>
    /// <param name="values">[height, width].</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="level">The contour's level.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit the values.</exception>
    public static ContourPoints Of(ReadOnlySpan<float> values, int height, int width, double level)
    {
        var above = BitVolume.Above(values, level, 1, height, width);
        var points = Crossings(above);
        for (var i = 0; i < points.Count; i++)
        {
            // Crossings hold the pixel in front; the fraction's formula and the order of its operations decide the last bit.
            int row = (int)points.Rows[i], column = (int)points.Columns[i];
            var vertical = points.Rows[i] != row;
            double from = values[(row * width) + column], to = values[((vertical ? row + 1 : row) * width) + (vertical ? column : column + 1)];
            var fraction = (level - from) / (to - from);
            points.Rows[i] = vertical ? row + fraction : row;
            points.Columns[i] = vertical ? column : column + fraction;
        }

        return points;
    }

    /// <summary>The crossings of a mask whose pixels count 1 and 0.</summary>
    /// <param name="mask">[height, width]; every value but 0 belongs to the mask.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="level">The contour's level, above 0 and below 1; at 0.9 the points lie 0.1 px outside the mask's pixel centres.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit the mask.</exception>
    public static ContourPoints Of(ReadOnlySpan<byte> mask, int height, int width, double level) =>
        Of(BitVolume.FromMask(mask, 1, height, width), level);

    internal static ContourPoints Of(BitVolume mask, double level)
    {
        var points = Crossings(mask);
        double entering = level, leaving = (level - 1) / -1;
        for (var i = 0; i < points.Count; i++)
        {
            int row = (int)points.Rows[i], column = (int)points.Columns[i];
            var fraction = (mask.Row(0, row)[column / 64] >> (column % 64) & 1) != 0 ? leaving : entering;
            var vertical = points.Rows[i] != row;
            points.Rows[i] = vertical ? row + fraction : row;
            points.Columns[i] = vertical ? column : column + fraction;
        }

        return points;
    }

    /// <summary>The distance from each point of this set to the nearest of another, largest of all; px. Infinite when only the other set is empty.</summary>
    /// <returns>Null when this set is empty.</returns>
    public double? DirectedHausdorffTo(ContourPoints other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var largest = 0.0;
        var start = 0;
        for (var i = 0; i < Count; i++)
        {
            largest = Math.Max(largest, other.NearestSquared(Rows[i], Columns[i], largest, ref start));
        }

        return Count == 0 ? null : Math.Sqrt(largest);
    }

    /// <summary>Squared distance to the nearest point, or <paramref name="enough"/> as soon as one is not farther than that.</summary>
    /// <param name="row">The row, px.</param>
    /// <param name="column">The column, px.</param>
    /// <param name="enough">A squared distance below which the exact one does not matter.</param>
    /// <param name="start">Where the search begins: where the last one ended early, for neighbours have neighbours.</param>
    private double NearestSquared(double row, double column, double enough, ref int start)
    {
        var lanes = Vector<double>.Count;
        var whole = Count - (Count % lanes);
        Vector<double> r = new(row), c = new(column), bound = new(enough), nearest = new(double.PositiveInfinity);
        for (var k = 0; k < whole; k += lanes)
        {
            var j = start + k < whole ? start + k : start + k - whole;
            Vector<double> dr = new Vector<double>(Rows, j) - r, dc = new Vector<double>(Columns, j) - c;
            nearest = Vector.MinNative(nearest, (dr * dr) + (dc * dc));
            if (Vector.LessThanOrEqualAny(nearest, bound))
            {
                start = j;
                return enough;
            }
        }

        var best = double.PositiveInfinity;
        for (var k = 0; k < lanes; k++)
        {
            best = Math.Min(best, nearest[k]);
        }

        for (var j = whole; j < Count; j++)
        {
            double dr = Rows[j] - row, dc = Columns[j] - column;
            best = Math.Min(best, (dr * dr) + (dc * dc));
        }

        return best;
    }

    /// <summary>For each crossing the pixel in front of it, moved by a half along the axis on which it lies.</summary>
    private static ContourPoints Crossings(BitVolume above)
    {
        List<double> rows = [], columns = [];
        for (var y = 0; y < above.Height; y++)
        {
            var row = above.Row(0, y);
            var next = y + 1 < above.Height ? above.Row(0, y + 1) : row;
            for (var i = 0; i < row.Length; i++)
            {
                var lastBit = above.Width - 1 - (64 * i);
                var pairs = lastBit >= 64 ? ulong.MaxValue : (1UL << lastBit) - 1;
                var right = (row[i] >> 1) | (i + 1 < row.Length ? row[i + 1] << 63 : 0);
                for (var bits = (row[i] ^ right) & pairs; bits != 0; bits &= bits - 1)
                {
                    rows.Add(y);
                    columns.Add((64 * i) + BitOperations.TrailingZeroCount(bits) + 0.5);
                }

                for (var bits = row[i] ^ next[i]; bits != 0; bits &= bits - 1)
                {
                    rows.Add(y + 0.5);
                    columns.Add((64 * i) + BitOperations.TrailingZeroCount(bits));
                }
            }
        }

        return new ContourPoints([.. rows], [.. columns]);
    }
}
