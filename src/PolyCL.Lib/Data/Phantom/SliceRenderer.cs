using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Renders slices of one scan: paints one thin section per slice, or three when it is thick, averages, blurs and adds noise. One per thread.</summary>
internal sealed class SliceRenderer
{
    private const int HuLow = -1024;
    private const int HuHigh = 3071;
    private readonly Acquisition scan;
    private readonly Body body;
    private readonly SliceCanvas canvas;
    private readonly Vector3 textureShift;
    private readonly float[] mean;
    private readonly float[] noise;
    private readonly float[] streak;
    private readonly byte[][] tissues;
    private readonly int sections;

    public SliceRenderer(Acquisition scan, Body body)
    {
        (this.scan, this.body) = (scan, body);
        canvas = new SliceCanvas(scan.Width, scan.Height, scan.Left, scan.Top, scan.Step);
        var random = body.Patient.Random("texture");
        textureShift = new Vector3((float)random.NextDouble(0, 900), (float)random.NextDouble(0, 900), (float)random.NextDouble(0, 900));
        mean = new float[canvas.Hu.Length];
        noise = new float[mean.Length];
        streak = new float[mean.Length];
        sections = scan.Thickness < 2.2f ? 1 : 3;
        tissues = [new byte[mean.Length], new byte[mean.Length], new byte[mean.Length]];
    }

    /// <summary>Renders slice <paramref name="k"/> (from the feet), row by row from front right.</summary>
    public void Render(int k, Span<short> hu, Span<byte> tissue)
    {
        Array.Clear(mean);
        var z = scan.Bottom + (k * scan.Pitch);
        for (var i = 0; i < sections; i++)
        {
            canvas.Begin(z + ((i - (sections / 2)) * scan.Thickness / sections), z, textureShift);
            new CouchTop(scan.Table).Paint(canvas, body);
            body.Paint(canvas);
            for (var at = 0; at < mean.Length; at++)
            {
                mean[at] += canvas.Hu[at] / sections;
            }

            canvas.Tissue.CopyTo(tissues[i], 0);
            canvas.Tissue.CopyTo(tissues[2], 0);
        }

        // The tissue of a voxel is the one that most sections show; the middle one decides a tie.
        for (var at = 0; at < tissue.Length; at++)
        {
            tissue[at] = sections == 1 || tissues[0][at] == tissues[2][at] ? tissues[0][at] : tissues[1][at];
        }

        GaussianBlur.Apply(mean, scan.Width, scan.Height, scan.Blur / scan.Step, scan.Blur / scan.Step);
        MakeNoise(k);
        for (var row = 0; row < scan.Height; row++)
        {
            for (var column = 0; column < scan.Width; column++)
            {
                var at = (row * scan.Width) + column;
                float x = canvas.X(column) / (150 * body.Patient.Warp.Scale.X), y = canvas.Y(row) / (100 * body.Patient.Warp.Scale.Y);
                var depth = Math.Max(0, 1 - ((x * x) + (y * y)));
                var level = 0.45f + (0.6f * depth);
                var air = mean[at] < -900 ? 0.5f : 1;
                var value = mean[at] + (level * air * (noise[at] + streak[at])) - (scan.Cupping * depth * (mean[at] > -300 ? 1 : 0));
                hu[at] = (short)Math.Clamp(MathF.Round(value), HuLow, HuHigh);
            }
        }
    }

    /// <summary>Noise with the look of filtered back projection: white noise, blurred a little, minus its own slow part; and streaks across the body.</summary>
    /// <remarks>Reference for the shape of the spectrum: Kijewski and Judy, Phys. Med. Biol. 32 (1987) 565.</remarks>
    private void MakeNoise(int k)
    {
        var stream = scan.NoiseStream;
        var random = new RandomStream(unchecked((long)stream.NextUInt64()), "slice", 0, k);
        White(noise, ref random);
        var grain = scan.NoiseGrain / scan.Step;
        var raw = streak;
        noise.CopyTo(raw, 0);
        GaussianBlur.Apply(noise, scan.Width, scan.Height, grain, grain);
        GaussianBlur.Apply(raw, scan.Width, scan.Height, 3.2f * grain, 3.2f * grain);
        for (var at = 0; at < noise.Length; at++)
        {
            noise[at] -= 0.75f * raw[at];
        }

        // At coarse pixels the noise averages out less than its deviation per mm suggests; scale by what was measured at 1.5 mm.
        Scale(noise, scan.Noise * (1 - (0.5f * scan.Streaks)) * MathF.Pow(MathF.Min(1, 0.8f / scan.Step), 0.4f));
        White(streak, ref random);
        GaussianBlur.Apply(streak, scan.Width, scan.Height, 14 / scan.Step, 0.55f / scan.Step);
        Scale(streak, scan.Noise * scan.Streaks * 0.55f);
    }

    /// <summary>Nearly normal numbers: each the sum of four uniform 16-bit numbers, deviation 1.</summary>
    private static void White(float[] target, ref RandomStream random)
    {
        const float Unit = 1 / 65536f * 1.7320508f;
        for (var i = 0; i < target.Length; i++)
        {
            var bits = random.NextUInt64();
            var sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
            target[i] = ((float)sum - 131070) * Unit;
        }
    }

    private static void Scale(float[] values, float deviation)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value * value;
        }

        var factor = deviation / (float)Math.Sqrt(Math.Max(1e-12, sum / values.Length));
        for (var i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }
    }
}
