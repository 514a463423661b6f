using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>An organ given by closed outlines at a few heights; between them the outline changes smoothly.</summary>
internal sealed class ContourStack
{
    private const int Steps = 4;
    private readonly float[] heights;
    private readonly Vector2[][] outlines;

    /// <summary>Levels from the feet up; all outlines have the same number of points in the same anatomical order.</summary>
    public ContourStack(float[] heights, Vector2[][] outlines) => (this.heights, this.outlines) = (heights, outlines);

    public float Bottom => heights[0];

    public float Top => heights[^1];

    /// <summary>Outline points at each level, for adjusting before use.</summary>
    public Vector2[][] Outlines => outlines;

    /// <summary>The outline at a height as a fine polygon, or an empty array outside the organ.</summary>
    public Vector2[] At(float z)
    {
        if (z < Bottom || z > Top)
        {
            return [];
        }

        var level = 0;
        while (level < heights.Length - 2 && z > heights[level + 1])
        {
            level++;
        }

        var t = (z - heights[level]) / (heights[level + 1] - heights[level]);
        Vector2[] a = outlines[Math.Max(0, level - 1)], b = outlines[level], c = outlines[level + 1], d = outlines[Math.Min(outlines.Length - 1, level + 2)];
        var points = new Vector2[b.Length];
        for (var i = 0; i < points.Length; i++)
        {
            points[i] = CatmullRom(a[i], b[i], c[i], d[i], t);
        }

        return Smooth(points);
    }

    /// <summary>A closed smooth curve through the points.</summary>
    public static Vector2[] Smooth(ReadOnlySpan<Vector2> points)
    {
        var n = points.Length;
        var fine = new Vector2[n * Steps];
        for (var i = 0; i < fine.Length; i++)
        {
            var k = i / Steps;
            fine[i] = CatmullRom(points[(k + n - 1) % n], points[k], points[(k + 1) % n], points[(k + 2) % n], (i % Steps) / (float)Steps);
        }

        return fine;
    }

    private static Vector2 CatmullRom(Vector2 a, Vector2 b, Vector2 c, Vector2 d, float t) =>
        b + (0.5f * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));
}
