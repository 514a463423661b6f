using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>The texture field on one slice, interpolated along the body once: a periodic 64×64 lattice per octave.</summary>
internal sealed class TexturePlane
{
    private const int Size = TextureField.Size;
    private readonly float[] coarse = new float[Size * Size];
    private readonly float[] fine = new float[Size * Size];
    private readonly float scale;
    private readonly Vector2 shift;

    /// <summary>Features of about <paramref name="grain"/> mm at height z.</summary>
    public TexturePlane(float grain, Vector3 shift, float z)
    {
        scale = 1 / grain;
        this.shift = new Vector2(shift.X, shift.Y);
        TextureField.CopyPlane((z + shift.Z) * scale, coarse);
        TextureField.CopyPlane((2.1f * (z + shift.Z) * scale) + 31, fine);
    }

    /// <summary>Two octaves, about −1 to 1.</summary>
    public float At(float x, float y)
    {
        float u = (x + shift.X) * scale, v = (y + shift.Y) * scale;
        return (0.7f * Sample(coarse, u, v)) + (0.3f * Sample(fine, (2.1f * u) + 17, (2.1f * v) + 5));
    }

    /// <summary>The coarse octave alone.</summary>
    public float Coarse(float x, float y) => Sample(coarse, (x + shift.X) * scale, (y + shift.Y) * scale);

    private static float Sample(float[] plane, float x, float y)
    {
        float fx = MathF.Floor(x), fy = MathF.Floor(y), tx = x - fx, ty = y - fy;
        tx *= tx * (3 - (2 * tx));
        ty *= ty * (3 - (2 * ty));
        int x0 = (int)fx & (Size - 1), y0 = ((int)fy & (Size - 1)) * Size, x1 = (x0 + 1) & (Size - 1), y1 = (y0 + Size) & ((Size * Size) - 1);
        var upper = plane[y0 + x0] + ((plane[y0 + x1] - plane[y0 + x0]) * tx);
        var lower = plane[y1 + x0] + ((plane[y1 + x1] - plane[y1 + x0]) * tx);
        return upper + ((lower - upper) * ty);
    }
}
