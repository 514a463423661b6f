using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>From the template body to a patient's: scaling, and smooth displacements in the slice plane (a sum of long waves).</summary>
internal sealed class Warp
{
    private const int Waves = 5;
    private readonly Vector3[] directions = new Vector3[2 * Waves];
    private readonly float[] phases = new float[2 * Waves];
    private readonly float[] amplitudes = new float[2 * Waves];
    private readonly Vector3 scale;

    public Warp(ref RandomStream random, Vector3 scale, float strength)
    {
        this.scale = scale;
        for (var i = 0; i < phases.Length; i++)
        {
            var length = (float)random.NextDouble(110, 320);
            var direction = new Vector3((float)random.NextNormal(), (float)random.NextNormal(), (float)random.NextNormal());
            directions[i] = Vector3.Normalize(direction) * (MathF.Tau / length);
            phases[i] = (float)random.NextDouble(0, Math.Tau);
            amplitudes[i] = strength * (float)random.NextNormal() * (length / 320);
        }
    }

    /// <summary>Size relative to the template per axis.</summary>
    public Vector3 Scale => scale;

    public Vector3 At(Vector3 template)
    {
        var place = template * scale;
        return place + new Vector3(Shift(place, 0), Shift(place, Waves), 0);
    }

    public Vector3 At(float x, float y, float z) => At(new Vector3(x, y, z));

    /// <summary>Moves template outline points of a slice at patient height <paramref name="z"/>, in place.</summary>
    public Vector2[] Apply(Vector2[] outline, float z)
    {
        for (var i = 0; i < outline.Length; i++)
        {
            var place = At(new Vector3(outline[i], z / scale.Z));
            outline[i] = new Vector2(place.X, place.Y);
        }

        return outline;
    }

    private float Shift(Vector3 place, int first)
    {
        var sum = 0f;
        for (var i = first; i < first + Waves; i++)
        {
            sum += amplitudes[i] * MathF.Sin(Vector3.Dot(directions[i], place) + phases[i]);
        }

        return sum;
    }
}
