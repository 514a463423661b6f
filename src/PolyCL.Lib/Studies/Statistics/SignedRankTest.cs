namespace PolyCL.Studies.Statistics;

/// <summary>Wilcoxon's signed-rank test of paired differences, exact, with its effect size.</summary>
/// <remarks>
/// Differences of 0 are left out before ranking (Wilcoxon's rule); equal magnitudes share their mean rank. The p-value is exact at any number of
/// pairs: given the ranks, each of the 2ⁿ sign patterns is equally likely, and sums are counted over all of them. Without zeros and ties that is
/// SciPy's <c>wilcoxon(method="exact")</c>; with them its <c>PermutationMethod</c> over all patterns. Time grows with n³: 1,000 pairs take seconds.
/// </remarks>
public sealed record SignedRankTest
{
    /// <summary>Differences that are not 0.</summary>
    public required int N { get; init; }

    /// <summary>Differences of exactly 0, left out.</summary>
    public required int Zeros { get; init; }

    /// <summary>Whether magnitudes were equal and share ranks.</summary>
    public required bool Ties { get; init; }

    /// <summary>Sum of the ranks of positive differences.</summary>
    public required double PositiveRanks { get; init; }

    /// <summary>Sum of the ranks of negative differences.</summary>
    public required double NegativeRanks { get; init; }

    /// <summary>Two-sided p-value: twice the smaller tail, at most 1; 1 when every difference is 0.</summary>
    public required double PValue { get; init; }

    /// <summary>Matched-pairs rank-biserial correlation, −1 to 1 (Kerby 2014): share of rank sum in favour less share against; 0 when every difference is 0.</summary>
    public double RankBiserial => N == 0 ? 0 : (PositiveRanks - NegativeRanks) / (PositiveRanks + NegativeRanks);

    /// <summary>Tests whether differences scatter evenly around 0.</summary>
    /// <param name="differences">First − second of each pair.</param>
    /// <exception cref="ArgumentException">There is no difference, or one is not finite.</exception>
    public static SignedRankTest Of(IReadOnlyList<double> differences)
    {
        var values = Finite(differences).Where(value => value != 0).OrderBy(Math.Abs).ToArray();
        var ranks = DoubledRanks(values);
        int positive = 0, all = ranks.Sum();
        for (var i = 0; i < values.Length; i++)
        {
            positive += values[i] > 0 ? ranks[i] : 0;
        }

        return new SignedRankTest
        {
            N = values.Length,
            Zeros = differences.Count - values.Length,
            Ties = ranks.Distinct().Count() < ranks.Length,
            PositiveRanks = positive / 2.0,
            NegativeRanks = (all - positive) / 2.0,
            // The distribution is symmetric, so the smaller tail is that of the smaller sum.
            PValue = Math.Min(1, 2 * Tail(Distribution(ranks), Math.Min(positive, all - positive))),
        };
    }

    internal static IReadOnlyList<double> Finite(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        return differences.Count > 0 && differences.All(double.IsFinite)
            ? differences
            : throw new ArgumentException($"There are {differences.Count} differences, {differences.Count(double.IsFinite)} of them finite; give at least one, all finite.", nameof(differences));
    }

    /// <summary>Probability of each sum of ranks (index: the sum) when every sign is a fair coin.</summary>
    internal static double[] Distribution(IReadOnlyList<int> ranks)
    {
        var share = new double[ranks.Sum() + 1];
        share[0] = 1;
        var top = 0;
        foreach (var rank in ranks)
        {
            top += rank;
            for (var sum = top; sum >= 0; sum--)
            {
                share[sum] = 0.5 * (share[sum] + (sum >= rank ? share[sum - rank] : 0));
            }
        }

        return share;
    }

    private static double Tail(double[] share, int sum) => share.AsSpan(0, sum + 1).ToArray().Sum();

    /// <summary>Twice the rank of each value among ascending magnitudes: ties share the mean rank, which is then whole.</summary>
    private static int[] DoubledRanks(double[] sorted)
    {
        var ranks = new int[sorted.Length];
        for (var start = 0; start < sorted.Length;)
        {
            var stop = start + 1;
            while (stop < sorted.Length && Math.Abs(sorted[stop]) == Math.Abs(sorted[start]))
            {
                stop++;
            }

            Array.Fill(ranks, start + stop + 1, start, stop - start);   // ranks start + 1 … stop; twice their mean
            start = stop;
        }

        return ranks;
    }
}
