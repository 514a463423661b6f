using System.Numerics;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Positions of set bits in storage order.</summary>
internal sealed class EdgePoints
{
    private EdgePoints(int[] x, int[] y, int[] z) => (X, Y, Z) = (x, y, z);

    public int[] X { get; }

    public int[] Y { get; }

    public int[] Z { get; }

    public int Count => X.Length;

    public static EdgePoints Of(BitVolume edge)
    {
        var counts = BitVolume.Count(edge, edge);
        var points = new EdgePoints(new int[counts.Both], new int[counts.Both], new int[counts.Both]);
        var next = 0;
        for (var z = 0; z < edge.Slices; z++)
        {
            for (var y = 0; y < edge.Height; y++)
            {
                var row = edge.Row(z, y);
                for (var i = 0; i < row.Length; i++)
                {
                    for (var bits = row[i]; bits != 0; bits &= bits - 1)
                    {
                        points.X[next] = (64 * i) + BitOperations.TrailingZeroCount(bits);
                        points.Y[next] = y;
                        points.Z[next++] = z;
                    }
                }
            }
        }

        return points;
    }

    /// <summary>The smallest box around both sets: first index and size per axis (x, y, z).</summary>
    public static (VolumeShape Size, int X, int Y, int Z) Box(EdgePoints a, EdgePoints b)
    {
        int x = Math.Min(a.X.Min(), b.X.Min()), y = Math.Min(a.Y.Min(), b.Y.Min()), z = Math.Min(a.Z.Min(), b.Z.Min());
        int lastX = Math.Max(a.X.Max(), b.X.Max()), lastY = Math.Max(a.Y.Max(), b.Y.Max()), lastZ = Math.Max(a.Z.Max(), b.Z.Max());
        return (new VolumeShape(lastX - x + 1, lastY - y + 1, lastZ - z + 1), x, y, z);
    }
}
