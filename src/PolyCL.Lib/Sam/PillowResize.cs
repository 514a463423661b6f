using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>Pillow's antialiased resize of one grey channel, bit for bit: columns first, then rows, each pass rounded to bytes.</summary>
/// <remarks>torch's antialiased interpolation differs by one grey level on about a fifth of the pixels. Source: Pillow 11.1, checked against golden files.</remarks>
internal static class PillowResize
{
    private const int FractionBits = 22;

    /// <summary>Resizes an image, row by row; a direction whose size stays is copied.</summary>
    /// <param name="source">height × width bytes.</param>
    /// <param name="height">Rows of the source.</param>
    /// <param name="width">Columns of the source.</param>
    /// <param name="outHeight">Rows of the result.</param>
    /// <param name="outWidth">Columns of the result.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>outHeight × outWidth bytes, a new array.</returns>
    /// <exception cref="ArgumentException">A size is not positive or the source has another length.</exception>
    internal static byte[] Resize(ReadOnlySpan<byte> source, int height, int width, int outHeight, int outWidth, PillowFilter filter)
    {
        if (source.Length != (long)Check.Positive(height) * Check.Positive(width))
        {
            throw new ArgumentException($"A {height}×{width} image has {(long)height * width} pixels; {source.Length} were given.", nameof(source));
        }

        var narrow = Columns(source, height, width, Check.Positive(outWidth), filter);
        return Rows(narrow, height, outWidth, Check.Positive(outHeight), filter);
    }

    private static byte[] Columns(ReadOnlySpan<byte> source, int height, int width, int outWidth, PillowFilter filter)
    {
        if (width == outWidth)
        {
            return source.ToArray();
        }

        var taps = new Taps(width, outWidth, filter);
        var result = new byte[height * outWidth];
        for (var y = 0; y < height; y++)
        {
            var line = source.Slice(y * width, width);
            for (var x = 0; x < outWidth; x++)
            {
                var weights = taps.Of(x);
                var pixels = line.Slice(taps.First[x], weights.Length);
                var sum = 1 << (FractionBits - 1);
                for (var i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * pixels[i];
                }

                result[(y * outWidth) + x] = Clip(sum);
            }
        }

        return result;
    }

    private static byte[] Rows(byte[] source, int height, int width, int outHeight, PillowFilter filter)
    {
        if (height == outHeight)
        {
            return source;
        }

        var taps = new Taps(height, outHeight, filter);
        var result = new byte[outHeight * width];
        var sums = new int[width];
        for (var y = 0; y < outHeight; y++)
        {
            Array.Fill(sums, 1 << (FractionBits - 1));
            var weights = taps.Of(y);
            for (var i = 0; i < weights.Length; i++)
            {
                var line = source.AsSpan((taps.First[y] + i) * width, width);
                for (var x = 0; x < width; x++)
                {
                    sums[x] += weights[i] * line[x];
                }
            }

            for (var x = 0; x < width; x++)
            {
                result[(y * width) + x] = Clip(sums[x]);
            }
        }

        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <summary>For each output index the first input index and the whole-number weights from there on.</summary>
    private readonly struct Taps
    {
        private readonly int[][] weights;

        public Taps(int size, int outSize, PillowFilter filter)
        {
            var scale = (double)size / outSize;
            var stretch = Math.Max(scale, 1);
            var support = stretch * (filter == PillowFilter.Bilinear ? 1 : 2);
            First = new int[outSize];
            weights = new int[outSize][];
            for (var i = 0; i < outSize; i++)
            {
                var centre = (i + 0.5) * scale;
                var first = Math.Max((int)(centre - support + 0.5), 0);
                var exact = new double[Math.Min((int)(centre + support + 0.5), size) - first];
                for (var k = 0; k < exact.Length; k++)
                {
                    exact[k] = Kernel((first + k - centre + 0.5) / stretch, filter);
                }

                var total = exact.Sum();
                First[i] = first;
                weights[i] = [.. exact.Select(weight => WholeNumber(weight / total))];
            }
        }

        public int[] First { get; }

        public ReadOnlySpan<int> Of(int index) => weights[index];

        private static int WholeNumber(double weight) => (int)((weight * (1 << FractionBits)) + (weight < 0 ? -0.5 : 0.5));

        private static double Kernel(double x, PillowFilter filter)
        {
            x = Math.Abs(x);
            return (filter, x) switch
            {
                (PillowFilter.Bilinear, < 1) => 1 - x,
                (PillowFilter.Bicubic, < 1) => (((1.5 * x) - 2.5) * x * x) + 1,
                (PillowFilter.Bicubic, < 2) => (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2,
                _ => 0,
            };
        }
    }
}
