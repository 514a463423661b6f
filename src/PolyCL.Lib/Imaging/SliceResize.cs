using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Resizing of slices; rows and columns independently, pixel centres at (i + 0.5)·in/out.</summary>
public static class SliceResize
{
    /// <summary>Resizes an image, row by row, with a triangle filter.</summary>
    /// <remarks>
    /// With <paramref name="antialias"/> the filter's half-width is max(1, in/out) input pixels and its weights sum to 1 inside the image:
    /// the same as Pillow's BILINEAR on a float image. Without it two neighbours are mixed, indices clamped: torch's interpolate without
    /// align_corners. Enlarging, both are the same.
    /// </remarks>
    /// <exception cref="ArgumentException">A size is not positive or a span is too short.</exception>
    public static void Bilinear(
        ReadOnlySpan<float> source, int height, int width, Span<float> destination, int outHeight, int outWidth, bool antialias = true)
    {
        CheckSizes(source.Length, height, width, destination.Length, outHeight, outWidth);
        var rows = new Taps(height, outHeight, antialias);
        var columns = new Taps(width, outWidth, antialias);
        var line = new float[width];
        for (var y = 0; y < outHeight; y++)
        {
            MixRows(source, width, rows.Start[y], rows.Of(y), line);
            var target = destination.Slice(y * outWidth, outWidth);
            for (var x = 0; x < target.Length; x++)
            {
                var weights = columns.Of(x);
                var pixels = line.AsSpan(columns.Start[x], weights.Length);
                var sum = 0f;
                for (var i = 0; i < pixels.Length; i++)
                {
                    sum += pixels[i] * weights[i];
                }

                target[x] = sum;
            }
        }
    }

    /// <summary>Resizes a label map: each output pixel takes the input pixel floor((i + 0.5)·in/out).</summary>
    /// <remarks>The same as Pillow's NEAREST and torch's nearest-exact; torch's "nearest" gives other masks.</remarks>
    /// <exception cref="ArgumentException">A size is not positive or a span is too short.</exception>
    public static void NearestExact(
        ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int outHeight, int outWidth)
    {
        CheckSizes(source.Length, height, width, destination.Length, outHeight, outWidth);
        for (var y = 0; y < outHeight; y++)
        {
            var line = source.Slice(Nearest(y, height, outHeight) * width, width);
            var target = destination.Slice(y * outWidth, outWidth);
            for (var x = 0; x < target.Length; x++)
            {
                target[x] = line[Nearest(x, width, outWidth)];
            }
        }
    }

    /// <summary>floor((i + 0.5)·in/out) in whole numbers.</summary>
    private static int Nearest(int i, int size, int outSize) => (int)((((2L * i) + 1) * size) / (2L * outSize));

    private static void MixRows(ReadOnlySpan<float> source, int width, int first, ReadOnlySpan<float> weights, Span<float> line)
    {
        line.Clear();
        for (var i = 0; i < weights.Length; i++)
        {
            var row = source.Slice((first + i) * width, width);
            var weight = new Vector<float>(weights[i]);
            var x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count)
            {
                (new Vector<float>(line[x..]) + (new Vector<float>(row[x..]) * weight)).CopyTo(line[x..]);
            }

            for (; x < width; x++)
            {
                line[x] += row[x] * weights[i];
            }
        }
    }

    private static void CheckSizes(int source, int height, int width, int destination, int outHeight, int outWidth)
    {
        Check.Positive(height);
        Check.Positive(width);
        Check.Positive(outHeight);
        Check.Positive(outWidth);
        if (source < (long)height * width || destination < (long)outHeight * outWidth)
        {
            throw new ArgumentException(
                $"A {height}×{width} image resized to {outHeight}×{outWidth} needs {(long)height * width} and {(long)outHeight * outWidth} pixels; "
                + $"the spans hold {source} and {destination}.");
        }
    }

    /// <summary>For each output index the first input index and the weights from there on.</summary>
    private readonly struct Taps
    {
        private readonly float[] weights;
        private readonly int[] count;
        private readonly int width;

        public Taps(int size, int outSize, bool antialias)
        {
            var scale = (double)size / outSize;
            var reach = antialias ? Math.Max(1, scale) : 1;
            width = Math.Min(size, (int)Math.Ceiling(2 * reach) + 1);
            Start = new int[outSize];
            count = new int[outSize];
            weights = new float[outSize * width];
            var exact = new double[width];
            for (var i = 0; i < outSize; i++)
            {
                var centre = ((i + 0.5) * scale) - 0.5;
                var first = Math.Max(0, (int)Math.Floor(centre - reach) + 1);
                var last = Math.Min(size - 1, (int)Math.Ceiling(centre + reach) - 1);
                var total = 0.0;
                for (var k = first; k <= last; k++)
                {
                    exact[k - first] = 1 - (Math.Abs(k - centre) / reach);
                    total += exact[k - first];
                }

                Start[i] = first;
                count[i] = last - first + 1;
                for (var k = 0; k < count[i]; k++)
                {
                    weights[(i * width) + k] = (float)(exact[k] / total);
                }
            }
        }

        public int[] Start { get; }

        public ReadOnlySpan<float> Of(int index) => weights.AsSpan(index * width, count[index]);
    }
}
