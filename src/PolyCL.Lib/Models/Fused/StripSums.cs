namespace PolyCL.Models.Fused;

/// <summary>How an image's rows are cut into strips: the unit of parallel work and of every sum, whatever the thread count.</summary>
internal readonly struct Strips(int height, int width)
{
    private const int Rows = 16;

    internal int Count => (height + Rows - 1) / Rows;

    internal static int First(int strip) => strip * Rows;

    internal int End(int strip) => Math.Min(height, (strip + 1) * Rows);

    internal int Pixels(int strip) => (End(strip) - First(strip)) * width;
}

/// <summary>Two sums per image, strip and channel, added up in the order of the strips.</summary>
internal sealed unsafe class StripSums(int images, int height, int width, int channels)
{
    private readonly Strips strips = new(height, width);
    private readonly double[] values = new double[(long)images * new Strips(height, width).Count * channels * 2];

    internal int PixelsOf(int strip) => strips.Pixels(strip);

    internal void Set(int image, int strip, int channel, double first, double second)
    {
        var at = ((((long)image * strips.Count) + strip) * channels) + channel;
        values[2 * at] = first;
        values[(2 * at) + 1] = second;
    }

    /// <summary>From means and squared deviations of the strips: the mean and 1 / sqrt(variance + epsilon), [N, C] each.</summary>
    internal void FinishMoments(int firstImage, int count, double epsilon, float* mean, float* rate)
    {
        for (var image = firstImage; image < firstImage + count; image++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                double total = 0, average = 0, squares = 0;
                for (var strip = 0; strip < strips.Count; strip++)
                {
                    var (stripMean, stripSquares) = Get(image, strip, channel);
                    double pixels = strips.Pixels(strip);
                    var step = stripMean - average;
                    total += pixels;
                    average += step * pixels / total;
                    squares += stripSquares + (step * step * pixels * (total - pixels) / total);
                }

                var at = ((long)image * channels) + channel;
                mean[at] = (float)average;
                rate[at] = (float)(1 / Math.Sqrt((Math.Max(squares, 0) / total) + epsilon));
            }
        }
    }

    /// <summary>Both sums divided by the number of pixels, [N, C] each.</summary>
    internal void FinishMeans(int firstImage, int count, float* first, float* second)
    {
        var pixels = (double)height * width;
        for (var image = firstImage; image < firstImage + count; image++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                double a = 0, b = 0;
                for (var strip = 0; strip < strips.Count; strip++)
                {
                    var (x, y) = Get(image, strip, channel);
                    a += x;
                    b += y;
                }

                var at = ((long)image * channels) + channel;
                first[at] = (float)(a / pixels);
                second[at] = (float)(b / pixels);
            }
        }
    }

    private (double First, double Second) Get(int image, int strip, int channel)
    {
        var at = ((((long)image * strips.Count) + strip) * channels) + channel;
        return (values[2 * at], values[(2 * at) + 1]);
    }
}
