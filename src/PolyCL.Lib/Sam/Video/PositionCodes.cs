using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>Fixed position codes of SAM 2, computed in double and given as float32 on the CPU.</summary>
internal static class PositionCodes
{
    private const double Base = 10000;

    /// <summary>Sine code of a square map: half the channels for the row, half for the column, sine and cosine alternating.</summary>
    /// <returns>[1, channels, size, size].</returns>
    public static Tensor Sine(int channels, int size)
    {
        var half = channels / 2;
        var values = new float[channels * size * size];
        for (var j = 0; j < half; j++)
        {
            var frequency = Math.Pow(Base, 2.0 * (j / 2) / half);
            for (var i = 0; i < size; i++)
            {
                var angle = (i + 1) / (size + 1e-6) * 2 * Math.PI / frequency;
                var value = (float)(j % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
                for (var other = 0; other < size; other++)
                {
                    values[(((j * size) + i) * size) + other] = value;
                    values[((((half + j) * size) + other) * size) + i] = value;
                }
            }
        }

        return tensor(values, [1, channels, size, size]);
    }

    /// <summary>Angles by which neighbouring channels of a square map's tokens are turned: the first half by the column, the second by the row.</summary>
    /// <returns>Cosine and sine, each [size·size, channels / 2].</returns>
    public static (Tensor Cosine, Tensor Sine) Rotary(int channels, int size)
    {
        var quarter = channels / 4;
        var (cosine, sine) = (new float[size * size * 2 * quarter], new float[size * size * 2 * quarter]);
        for (var token = 0; token < size * size; token++)
        {
            for (var pair = 0; pair < 2 * quarter; pair++)
            {
                var angle = (pair < quarter ? token % size : token / size) * Math.Pow(Base, -4.0 * (pair % quarter) / channels);
                var at = (token * 2 * quarter) + pair;
                (cosine[at], sine[at]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
            }
        }

        long[] shape = [size * size, 2 * quarter];
        return (tensor(cosine, shape), tensor(sine, shape));
    }

    /// <summary>Sine code of numbers, such as the distances of object pointers as shares of the longest.</summary>
    /// <returns>[numbers, channels]: all sines, then all cosines.</returns>
    public static Tensor OfNumbers(IReadOnlyList<double> numbers, int channels)
    {
        var half = channels / 2;
        var values = new float[numbers.Count * channels];
        for (var i = 0; i < numbers.Count; i++)
        {
            for (var j = 0; j < half; j++)
            {
                var angle = numbers[i] / Math.Pow(Base, 2.0 * (j / 2) / half);
                values[(i * channels) + j] = (float)Math.Sin(angle);
                values[(i * channels) + half + j] = (float)Math.Cos(angle);
            }
        }

        // Into torch's own memory: products with what lies in an array differ in the last bits from run to run.
        using var array = tensor(values, [numbers.Count, channels]);
        return array.clone();
    }
}
