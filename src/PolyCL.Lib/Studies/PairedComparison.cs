using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Compares two arms on the same scans: mean difference, bootstrap interval, sign-flip permutation test.</summary>
/// <remarks>
/// The test asks how often the mean difference would be at least as far from 0 if each pair's sign were a coin toss: exact up to 16 pairs,
/// else by 100,000 draws. It assumes nothing about the distribution but that pairs are independent; differences of the same scan under
/// several seeds are averaged first for that reason.
/// </remarks>
public sealed record PairedComparison
{
    private const int ExactPairs = 16;
    private const int Draws = 100_000;
    private const int Resamples = 10_000;
    private const double Rounding = 1e-12;

    /// <summary>Pairs.</summary>
    public required int N { get; init; }

    /// <summary>Mean of first − second.</summary>
    public required double MeanDifference { get; init; }

    /// <summary>Lower end of the 95 % bootstrap percentile interval of the mean difference.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of that interval.</summary>
    public required double High { get; init; }

    /// <summary>Pairs in which the first is larger.</summary>
    public required int Wins { get; init; }

    /// <summary>Pairs in which the second is larger.</summary>
    public required int Losses { get; init; }

    /// <summary>Two-sided p-value of the sign-flip test.</summary>
    public required double PValue { get; init; }

    /// <summary>Compares paired values.</summary>
    /// <exception cref="ArgumentException">The lists are empty or of different length, or a value is not finite.</exception>
    public static PairedComparison Of(IReadOnlyList<double> first, IReadOnlyList<double> second, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count == 0 || first.Count != second.Count || first.Concat(second).Any(value => !double.IsFinite(value)))
        {
            throw new ArgumentException($"There are {first.Count} and {second.Count} values; give equally many finite ones, at least one pair.", nameof(second));
        }

        var differences = first.Zip(second, (a, b) => a - b).ToArray();
        var (low, high) = Interval(differences, seed);
        return new PairedComparison
        {
            N = differences.Length,
            MeanDifference = differences.Average(),
            Low = low,
            High = high,
            Wins = differences.Count(d => d > 0),
            Losses = differences.Count(d => d < 0),
            PValue = differences.Length <= ExactPairs ? Exact(differences) : Sampled(differences, seed),
        };
    }

    private static double Exact(double[] differences)
    {
        var observed = Math.Abs(differences.Sum()) - Rounding;
        long extreme = 0;
        var all = 1L << differences.Length;
        for (var signs = 0L; signs < all; signs++)
        {
            var sum = 0.0;
            for (var i = 0; i < differences.Length; i++)
            {
                sum += (signs >> i & 1) == 0 ? differences[i] : -differences[i];
            }

            extreme += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return (double)extreme / all;
    }

    private static double Sampled(double[] differences, long seed)
    {
        var stream = new RandomStream(seed, "sign-flip");
        var observed = Math.Abs(differences.Sum()) - Rounding;
        var extreme = 1;
        for (var draw = 0; draw < Draws; draw++)
        {
            var sum = 0.0;
            foreach (var difference in differences)
            {
                sum += (stream.NextUInt64() & 1) == 0 ? difference : -difference;
            }

            extreme += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return (double)extreme / (Draws + 1);
    }

    private static (double Low, double High) Interval(double[] differences, long seed)
    {
        var stream = new RandomStream(seed, "bootstrap");
        var means = new double[Resamples];
        for (var i = 0; i < means.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < differences.Length; k++)
            {
                sum += differences[stream.NextInt(differences.Length)];
            }

            means[i] = sum / differences.Length;
        }

        Array.Sort(means);
        return (means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples)]);
    }
}
