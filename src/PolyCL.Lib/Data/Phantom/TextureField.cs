using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Smooth random numbers in space (value noise on a periodic 64³ lattice), about −1 to 1, with mean 0.</summary>
internal static class TextureField
{
    public const int Size = 64;
    private static readonly float[] Lattice = Fill();

    /// <summary>Copies the field at one height, in lattice steps, for all x and y of a period.</summary>
    public static void CopyPlane(float z, Span<float> plane)
    {
        var fz = MathF.Floor(z);
        var t = z - fz;
        t *= t * (3 - (2 * t));
        var near = Lattice.AsSpan(((int)fz & (Size - 1)) * Size * Size, Size * Size);
        var far = Lattice.AsSpan((((int)fz + 1) & (Size - 1)) * Size * Size, Size * Size);
        for (var i = 0; i < plane.Length; i++)
        {
            plane[i] = Mix(near[i], far[i], t);
        }
    }

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
