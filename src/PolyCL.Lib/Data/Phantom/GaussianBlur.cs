using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>Separable Gaussian filter with borders repeated.</summary>
internal static class GaussianBlur
{
    /// <summary>Filters in place; deviations in pixels, below 0.05 nothing happens along that axis.</summary>
    public static void Apply(float[] image, int width, int height, float sigmaX, float sigmaY)
    {
        if (sigmaX > 0.05f)
        {
            var kernel = Kernel(sigmaX, width);
            var reach = kernel.Length / 2;
            var padded = new float[width + (2 * reach)];
            for (var y = 0; y < height; y++)
            {
                var row = image.AsSpan(y * width, width);
                padded.AsSpan(0, reach).Fill(row[0]);
                row.CopyTo(padded.AsSpan(reach));
                padded.AsSpan(reach + width).Fill(row[^1]);
                row.Clear();
                for (var i = 0; i < kernel.Length; i++)
                {
                    AddScaled(row, padded.AsSpan(i, width), kernel[i]);
                }
            }
        }

        if (sigmaY > 0.05f)
        {
            var kernel = Kernel(sigmaY, height);
            var reach = kernel.Length / 2;
            var copy = (float[])image.Clone();
            for (var y = 0; y < height; y++)
            {
                var row = image.AsSpan(y * width, width);
                row.Clear();
                for (var i = 0; i < kernel.Length; i++)
                {
                    var from = Math.Clamp(y + i - reach, 0, height - 1);
                    AddScaled(row, copy.AsSpan(from * width, width), kernel[i]);
                }
            }
        }
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        var i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(target[i..]) + (new Vector<float>(source[i..]) * factor)).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] += source[i] * factor;
        }
    }

    private static float[] Kernel(float sigma, int size)
    {
        var reach = Math.Min(size - 1, (int)MathF.Ceiling(3 * sigma));
        var kernel = new float[(2 * reach) + 1];
        var sum = 0f;
        for (var i = 0; i < kernel.Length; i++)
        {
            var x = (i - reach) / sigma;
            sum += kernel[i] = MathF.Exp(-0.5f * x * x);
        }

        for (var i = 0; i < kernel.Length; i++)
        {
            kernel[i] /= sum;
        }

        return kernel;
    }
}
