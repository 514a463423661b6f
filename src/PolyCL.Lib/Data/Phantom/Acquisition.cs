using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data.Phantom;

/// <summary>How one scan is taken and stored: grid, thickness, sharpness, noise, table, axis order.</summary>
internal sealed record Acquisition
{
    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int Slices { get; init; }

    /// <summary>Pixel size, mm.</summary>
    public required float Step { get; init; }

    /// <summary>Distance between slices, mm.</summary>
    public required float Pitch { get; init; }

    /// <summary>Slice thickness, mm.</summary>
    public required float Thickness { get; init; }

    /// <summary>Edge of the grid at the patient's right, mm.</summary>
    public required float Left { get; init; }

    /// <summary>Edge of the grid at the front, mm.</summary>
    public required float Top { get; init; }

    /// <summary>Height of the lowest slice, mm.</summary>
    public required float Bottom { get; init; }

    /// <summary>Standard deviation of the blur in the slice plane, mm.</summary>
    public required float Blur { get; init; }

    /// <summary>Standard deviation of the noise in the middle of an average body, HU.</summary>
    public required float Noise { get; init; }

    /// <summary>Correlation length of the noise, mm.</summary>
    public required float NoiseGrain { get; init; }

    /// <summary>Share of the noise that runs in streaks across the body.</summary>
    public required float Streaks { get; init; }

    /// <summary>Fall of HU towards the middle of the body from beam hardening, HU.</summary>
    public required float Cupping { get; init; }

    /// <summary>Form of the table: 0 none in view, 1 two thin shells, 2 one shell with foam.</summary>
    public required int Table { get; init; }

    public required Orientation Orientation { get; init; }

    public required Affine Affine { get; init; }

    public required RandomStream NoiseStream { get; init; }

    public static Acquisition Draw(PhantomOptions options, int index, Body body)
    {
        var random = body.Patient.Random("acquisition");
        var (left, right, front, back) = Extent(body, -60);
        float width = right - left, centreX = (left + right) / 2, centreY = (front + back) / 2;
        var matrix = options.Matrix;
        var site = options.Site;
        // The lower edge of the liver lies near the middle slice, within 11 % of the length either way.
        var offset = (float)random.NextDouble(-0.1, 0.12);
        float length, step, pitch, thickness;
        int columns = matrix, rows = matrix;
        if (site == PhantomSite.B)
        {
            length = (float)random.NextDouble(176, 216);
            step = (width + (float)random.NextDouble(-14, 24)) / (0.82f * matrix);
            columns = (int)MathF.Round(0.82f * matrix);
            rows = Math.Clamp((int)MathF.Round((back - front + (float)random.NextDouble(0, 26)) / step), 16, matrix);
            pitch = step * MathF.Max(1, MathF.Round(1.6f / step));
            length = Math.Min(length, 108 * pitch);
            pitch = options.Slices is { } n ? length / n : pitch;
            thickness = pitch;
        }
        else
        {
            length = (float)random.NextDouble(300, 352);
            var (hipLeft, hipRight, _, _) = Extent(body, -200);
            var field = Math.Clamp(Math.Max(width, hipRight - hipLeft) * (float)random.NextDouble(1.04, 1.26), 300, 500);
            step = field / matrix;
            pitch = options.Slices is { } n ? length / n : site == PhantomSite.A ? (float)random.NextDouble(3.2, 5) : (float)random.NextDouble(3.4, 5.6);
            thickness = pitch * (float)random.NextDouble(0.8, 1.1);
            centreY += (float)random.NextDouble(0, 0.06) * field;
            centreX += (float)(0.012 * random.NextNormal()) * field;
        }

        var slices = options.Slices ?? (int)MathF.Round(length / pitch);
        var bottom = body.LiverTip + (offset * length) - (pitch * (slices - 1) / 2);
        var girth = MathF.Sqrt(width * (back - front)) / 270;
        float x0 = centreX - (columns * step / 2), y0 = centreY - (rows * step / 2);
        return new Acquisition
        {
            Width = columns,
            Height = rows,
            Slices = slices,
            Step = step,
            Pitch = pitch,
            Thickness = thickness,
            Left = x0,
            Top = y0,
            Bottom = bottom,
            Blur = (site == PhantomSite.C ? 0.95f : 0.62f) * (float)random.NextDouble(0.85, 1.2),
            Noise = (site switch { PhantomSite.A => 17f, PhantomSite.B => 12, _ => 11 })
                * (float)random.NextDouble(0.75, 1.35) * MathF.Pow(girth, 3) / MathF.Sqrt(thickness / 4),
            NoiseGrain = (site == PhantomSite.C ? 0.85f : 0.52f) * (float)random.NextDouble(0.85, 1.15),
            Streaks = (float)random.NextDouble(0.1, 0.45) * girth,
            Cupping = (float)random.NextDouble(0, site == PhantomSite.C ? 9 : 5),
            Table = site switch { PhantomSite.A => 1 + random.NextInt(2), PhantomSite.B => random.NextInt(2), _ => 2 },
            Orientation = DrawOrientation(site, random.NextDouble()),
            Affine = Affine.FromRows(
            [
                -step, 0, 0, -(x0 + (step / 2)),
                0, -step, 0, -(y0 + (step / 2)),
                0, 0, pitch, bottom,
                0, 0, 0, 1,
            ]),
            NoiseStream = new RandomStream(options.Seed, "phantom/noise", (long)site, index),
        };
    }

    private static Orientation DrawOrientation(PhantomSite site, double u) => site switch
    {
        PhantomSite.A => u < 0.45 ? Orientation.Lps : u < 0.75 ? Orientation.Ras : Orientation.Parse("LAS"),
        PhantomSite.B => Orientation.Ras,
        _ => Orientation.Parse("LAS"),
    };

    /// <summary>The body's outermost places at a height.</summary>
    private static (float Left, float Right, float Front, float Back) Extent(Body body, float z)
    {
        var skin = body.Trunk.Skin(z);
        return (skin.Min(p => p.X), skin.Max(p => p.X), skin.Min(p => p.Y), skin.Max(p => p.Y));
    }
}
