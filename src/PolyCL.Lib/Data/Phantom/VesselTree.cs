using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Grows a tree of ever thinner vessels from a stem.</summary>
internal static class VesselTree
{
    /// <summary>Adds the stem and its branches; each fork has two branches whose radii follow r³ = r₁³ + r₂³ (Murray 1926).</summary>
    public static void Grow(List<Tube> tubes, Vector3 from, Vector3 to, float radius, int depth, ref RandomStream random)
    {
        var length = Vector3.Distance(from, to);
        var bend = Random(ref random) * (0.07f * length);
        var end = radius * 0.86f;
        tubes.Add(new Tube([from, ((from + to) / 2) + bend, to], [radius, (radius + end) / 2, end], 3));
        if (depth == 0 || radius < 0.7f)
        {
            return;
        }

        var forward = Vector3.Normalize(to - from);
        var side = Vector3.Normalize(Vector3.Cross(forward, Random(ref random) + new Vector3(0.01f)));
        var split = (float)random.NextDouble(0.35, 0.65);
        for (var i = 0; i < 2; i++)
        {
            var lean = (i == 0 ? 0.75f * split : -0.75f * (1 - split)) + (float)(0.12 * random.NextNormal());
            var direction = Vector3.Normalize(forward + (side * lean * 1.6f));
            var share = i == 0 ? 1 - split : split;
            Grow(tubes, to, to + (direction * length * (float)random.NextDouble(0.62, 0.85)), end * MathF.Cbrt(share), depth - 1, ref random);
        }

        if (length > 25)
        {
            var start = Vector3.Lerp(from, to, (float)random.NextDouble(0.3, 0.7));
            var direction = Vector3.Normalize(forward + (1.3f * Random(ref random)));
            Grow(tubes, start, start + (direction * length * 0.55f), end * 0.5f, depth - 2 < 0 ? 0 : depth - 2, ref random);
        }
    }

    private static Vector3 Random(ref RandomStream random) =>
        new((float)random.NextNormal(), (float)random.NextNormal(), (float)random.NextNormal());
}
