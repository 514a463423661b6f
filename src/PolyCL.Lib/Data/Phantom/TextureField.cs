using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Smooth random numbers in space (value noise on a periodic 64³ lattice), about −1 to 1, with mean 0.</summary>
internal static class TextureField
{
    private const int Size = 64;
    private static readonly float[] Lattice = Fill();

    /// <summary>The field at a place in lattice steps.</summary>
    public static float At(float x, float y, float z)
    {
        float fx = MathF.Floor(x), fy = MathF.Floor(y), fz = MathF.Floor(z);
        float tx = Ease(x - fx), ty = Ease(y - fy), tz = Ease(z - fz);
        int x0 = (int)fx & (Size - 1), y0 = ((int)fy & (Size - 1)) * Size, z0 = ((int)fz & (Size - 1)) * (Size * Size);
        int x1 = (x0 + 1) & (Size - 1), y1 = (y0 + Size) & ((Size * Size) - 1), z1 = (z0 + (Size * Size)) & ((Size * Size * Size) - 1);
        var near = Mix(Mix(Lattice[z0 + y0 + x0], Lattice[z0 + y0 + x1], tx), Mix(Lattice[z0 + y1 + x0], Lattice[z0 + y1 + x1], tx), ty);
        var far = Mix(Mix(Lattice[z1 + y0 + x0], Lattice[z1 + y0 + x1], tx), Mix(Lattice[z1 + y1 + x0], Lattice[z1 + y1 + x1], tx), ty);
        return Mix(near, far, tz);
    }

    /// <summary>The field at a place in lattice steps.</summary>
    public static float At(Vector3 place) => At(place.X, place.Y, place.Z);

    /// <summary>The field at a place in mm with features of about <paramref name="grain"/> mm, two octaves.</summary>
    public static float At(Vector3 place, float grain)
    {
        var p = place / grain;
        return (0.7f * At(p.X, p.Y, p.Z)) + (0.3f * At((2.1f * p.X) + 17, (2.1f * p.Y) + 5, (2.1f * p.Z) + 31));
    }

    private static float Ease(float t) => t * t * (3 - (2 * t));

    private static float Mix(float a, float b, float t) => a + ((b - a) * t);

    private static float[] Fill()
    {
        var random = new RandomStream(20, "phantom/texture");
        var lattice = new float[Size * Size * Size];
        for (var i = 0; i < lattice.Length; i++)
        {
            lattice[i] = (float)random.NextDouble(-1, 1);
        }

        return lattice;
    }
}
