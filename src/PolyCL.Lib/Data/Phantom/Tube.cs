using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>A line through space with a radius at each point: vessels, bowel, muscles of round section.</summary>
internal sealed class Tube
{
    /// <summary>Makes a tube; with <paramref name="steps"/> above 1 a smooth curve through the points (Catmull–Rom).</summary>
    public Tube(ReadOnlySpan<Vector3> points, ReadOnlySpan<float> radii, int steps = 1)
    {
        var count = ((points.Length - 1) * steps) + 1;
        Points = new Vector3[count];
        Radii = new float[count];
        for (var i = 0; i < count; i++)
        {
            var segment = Math.Min(i / steps, points.Length - 2);
            var t = (i - (segment * steps)) / (float)steps;
            int before = Math.Max(0, segment - 1), after = Math.Min(points.Length - 1, segment + 2);
            Points[i] = CatmullRom(points[before], points[segment], points[segment + 1], points[after], t);
            Radii[i] = radii[segment] + ((radii[segment + 1] - radii[segment]) * t);
        }
    }

    public Vector3[] Points { get; }

    public float[] Radii { get; }

    private static Vector3 CatmullRom(Vector3 a, Vector3 b, Vector3 c, Vector3 d, float t) =>
        b + (0.5f * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));
}
