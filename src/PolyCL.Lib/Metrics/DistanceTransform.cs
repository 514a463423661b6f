using System.Numerics;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Exact squared Euclidean distances from given voxels to the nearest set voxel, inside the box around both.</summary>
/// <remarks>
/// One axis after the other: along x by counting, along y by the lower envelope of parabolas (Felzenszwalb and Huttenlocher 2012), along z only at
/// the asked voxels, outward from each until the gap alone exceeds the best.
/// </remarks>
internal static class DistanceTransform
{
    /// <param name="queries">Where distances are asked.</param>
    /// <param name="edge">Bits of the voxels to which they lead.</param>
    /// <param name="targets">The same voxels as points; at least one.</param>
    /// <param name="spacing">Distance between voxels per axis.</param>
    /// <param name="squared">Receives one squared distance per query.</param>
    public static void Fill(EdgePoints queries, BitVolume edge, EdgePoints targets, Spacing spacing, Span<double> squared)
    {
        var (box, firstX, firstY, firstZ) = EdgePoints.Box(queries, targets);
        var plane = box.X * box.Y;
        var inPlane = new double[(long)plane * box.Z];
        var envelope = new Envelope(box.Y, spacing.Y);
        for (var z = 0; z < box.Z; z++)
        {
            var slab = inPlane.AsSpan(z * plane, plane);
            var any = false;
            for (var y = 0; y < box.Y; y++)
            {
                any |= AlongX(edge.Row(firstZ + z, firstY + y), firstX, spacing.X, slab.Slice(y * box.X, box.X));
            }

            for (var x = 0; any && x < box.X; x++)
            {
                envelope.Apply(slab[x..], box.X);
            }
        }

        for (var i = 0; i < queries.Count; i++)
        {
            squared[i] = AlongZ(
                inPlane.AsSpan(((queries.Y[i] - firstY) * box.X) + queries.X[i] - firstX), plane, box.Z, queries.Z[i] - firstZ, spacing.Z);
        }
    }

    /// <summary>Squared distance to the nearest set bit of the row; infinite, and false, without one.</summary>
    private static bool AlongX(ReadOnlySpan<ulong> row, int first, double spacing, Span<double> line)
    {
        line.Fill(double.PositiveInfinity);
        var last = -1;
        for (var word = first / 64; word < row.Length; word++)
        {
            for (var bits = row[word]; bits != 0; bits &= bits - 1)
            {
                var at = (64 * word) + BitOperations.TrailingZeroCount(bits) - first;
                if ((uint)at >= (uint)line.Length)
                {
                    break; // set bits lie inside the box, so this is never reached with a bit in front of it
                }

                FillGap(line, last, at, spacing);
                last = at;
            }
        }

        FillGap(line, last, line.Length, spacing);
        return last >= 0;
    }

    /// <summary>Fills the places after <paramref name="left"/> up to <paramref name="right"/>, of which −1 and the length are no set bits.</summary>
    private static void FillGap(Span<double> line, int left, int right, double spacing)
    {
        for (var x = left + 1; x < right; x++)
        {
            var steps = left < 0 ? right - x : right == line.Length ? x - left : Math.Min(x - left, right - x);
            if (left >= 0 || right < line.Length)
            {
                line[x] = steps * spacing * (steps * spacing);
            }
        }

        if (right < line.Length)
        {
            line[right] = 0;
        }
    }

    private static double AlongZ(ReadOnlySpan<double> column, int stride, int count, int z, double spacing)
    {
        var best = column[z * stride];
        for (var step = 1; step < count; step++)
        {
            var gap = step * spacing * (step * spacing);
            if (gap >= best)
            {
                break;
            }

            if (z - step >= 0)
            {
                best = Math.Min(best, column[(z - step) * stride] + gap);
            }

            if (z + step < count)
            {
                best = Math.Min(best, column[(z + step) * stride] + gap);
            }
        }

        return best;
    }

    /// <summary>Replaces a column f by min over j of f(j) + ((i − j)·spacing)².</summary>
    private sealed class Envelope(int length, double spacing)
    {
        private readonly double weight = spacing * spacing;
        private readonly int[] vertex = new int[length];
        private readonly double[] height = new double[length];
        private readonly double[] start = new double[length];

        public void Apply(Span<double> column, int stride)
        {
            var last = -1;
            for (var i = 0; i < length; i++)
            {
                var value = column[i * stride];
                if (double.IsPositiveInfinity(value))
                {
                    continue;
                }

                var from = double.NegativeInfinity;
                while (last >= 0)
                {
                    var j = vertex[last];
                    from = (((value - height[last]) / (weight * (i - j))) + i + j) / 2;
                    if (from > start[last])
                    {
                        break;
                    }

                    from = double.NegativeInfinity;
                    last--;
                }

                last++;
                (vertex[last], height[last], start[last]) = (i, value, from);
            }

            if (last < 0)
            {
                return;
            }

            var k = 0;
            for (var i = 0; i < length; i++)
            {
                while (k < last && start[k + 1] < i)
                {
                    k++;
                }

                var gap = (i - vertex[k]) * spacing;
                column[i * stride] = height[k] + (gap * gap);
            }
        }
    }
}
