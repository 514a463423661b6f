using System.Numerics;
using System.Runtime.InteropServices;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Squared distances to the nearest point by comparing all pairs once, for both directions; best for the few edge points of a slice.</summary>
internal static class NearestPoints
{
    /// <summary>Pairs that cost as much as one voxel of the box in a distance transform, both directions.</summary>
    private const long PairsPerVoxel = 80;

    /// <summary>Whole numbers up to this square are exact in float32.</summary>
    private const long ExactInFloat = 1 << 24;

    public static bool Suits(EdgePoints a, EdgePoints b) => (long)a.Count * b.Count <= PairsPerVoxel * EdgePoints.Box(a, b).Size.VoxelCount;

    public static void Fill(EdgePoints a, EdgePoints b, Spacing spacing, Span<double> fromA, Span<double> fromB)
    {
        var size = EdgePoints.Box(a, b).Size;
        var diagonal = ((long)size.X * size.X) + ((long)size.Y * size.Y) + ((long)size.Z * size.Z);
        if (spacing == new Spacing(1, 1, 1) && diagonal <= ExactInFloat)
        {
            Fill<float>(a, b, spacing, fromA, fromB);
        }
        else
        {
            Fill<double>(a, b, spacing, fromA, fromB);
        }
    }

    /// <summary>Squared distances in mm between voxels of a grid with axes of any direction.</summary>
    public static void Fill(EdgePoints a, EdgePoints b, Affine grid, Span<double> fromA, Span<double> fromB)
    {
        var padded = Padded<double>(b.Count);
        Fill(
            [Along(a, grid, 0, a.Count), Along(a, grid, 1, a.Count), Along(a, grid, 2, a.Count)],
            [Along(b, grid, 0, padded), Along(b, grid, 1, padded), Along(b, grid, 2, padded)],
            fromA,
            fromB);
    }

    private static void Fill<T>(EdgePoints a, EdgePoints b, Spacing spacing, Span<double> fromA, Span<double> fromB)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var padded = Padded<T>(b.Count);
        Fill<T>(
            [Scaled<T>(a.X, spacing.X, a.Count), Scaled<T>(a.Y, spacing.Y, a.Count), Scaled<T>(a.Z, spacing.Z, a.Count)],
            [Scaled<T>(b.X, spacing.X, padded), Scaled<T>(b.Y, spacing.Y, padded), Scaled<T>(b.Z, spacing.Z, padded)],
            fromA,
            fromB);
    }

    /// <summary>Coordinates per axis; those of b are padded with points at infinity, so that whole vectors cover all.</summary>
    private static void Fill<T>(T[][] a, T[][] b, Span<double> fromA, Span<double> fromB)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var padded = b[0].Length;
        T[] ax = a[0], ay = a[1], az = a[2], bx = b[0], by = b[1], bz = b[2];
        var nearestOfB = new T[padded];
        Array.Fill(nearestOfB, T.PositiveInfinity);
        ReadOnlySpan<Vector<T>> vx = Vectors<T>(bx), vy = Vectors<T>(by)[..vx.Length], vz = Vectors<T>(bz)[..vx.Length];
        var nearest = MemoryMarshal.Cast<T, Vector<T>>(nearestOfB.AsSpan())[..vx.Length];
        for (var i = 0; i < ax.Length; i++)
        {
            Vector<T> x = new(ax[i]), y = new(ay[i]), z = new(az[i]);
            var best = new Vector<T>(T.PositiveInfinity);
            for (var j = 0; j < vx.Length; j++)
            {
                Vector<T> dx = vx[j] - x, dy = vy[j] - y, dz = vz[j] - z;
                var squared = (dx * dx) + (dy * dy) + (dz * dz);
                best = Vector.MinNative(best, squared);
                nearest[j] = Vector.MinNative(nearest[j], squared);
            }

            fromA[i] = double.CreateTruncating(Smallest(best));
        }

        for (var j = 0; j < fromB.Length; j++)
        {
            fromB[j] = double.CreateTruncating(nearestOfB[j]);
        }
    }

    private static T[] Scaled<T>(int[] indices, double spacing, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var result = new T[length];
        for (var i = 0; i < indices.Length; i++)
        {
            result[i] = T.CreateTruncating(indices[i] * spacing);
        }

        result.AsSpan(indices.Length).Fill(T.PositiveInfinity);
        return result;
    }

    private static int Padded<T>(int count)
        where T : unmanaged => (count + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;

    /// <summary>Position in mm along one direction of space; the origin does not matter.</summary>
    private static double[] Along(EdgePoints points, Affine grid, int row, int length)
    {
        var result = new double[length];
        for (var i = 0; i < points.Count; i++)
        {
            result[i] = (points.X[i] * grid[row, 0]) + (points.Y[i] * grid[row, 1]) + (points.Z[i] * grid[row, 2]);
        }

        result.AsSpan(points.Count).Fill(double.PositiveInfinity);
        return result;
    }

    private static ReadOnlySpan<Vector<T>> Vectors<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.Cast<T, Vector<T>>(values);

    private static T Smallest<T>(Vector<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var result = values[0];
        for (var k = 1; k < Vector<T>.Count; k++)
        {
            result = T.Min(result, values[k]);
        }

        return result;
    }
}
