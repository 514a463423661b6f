using PolyCL.Core;

namespace PolyCL.Studies.Statistics;

/// <summary>Hodges and Lehmann's estimate of the centre of paired differences, with the interval that belongs to the signed-rank test.</summary>
/// <param name="Estimate">Median of the means of all pairs of differences, each with itself included.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Confidence">What the interval covers at least: the wanted share or more; less where so few differences cannot reach it.</param>
/// <remarks>
/// The interval holds the shifts that the exact signed-rank test does not reject. Differences of 0 take part. With ties the distribution without
/// ties is used, which errs to the wide side.
/// </remarks>
public readonly record struct HodgesLehmann(double Estimate, double Low, double High, double Confidence)
{
    /// <summary>Estimates the centre.</summary>
    /// <param name="differences">First − second of each pair.</param>
    /// <param name="confidence">Share that the interval should cover, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">There is no difference, or one is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is not between 0 and 1.</exception>
    public static HodgesLehmann Of(IReadOnlyList<double> differences, double confidence = 0.95)
    {
        var values = SignedRankTest.Finite(differences);
        Check.InRange(confidence, double.Epsilon, 1 - 1e-9, nameof(confidence));
        var means = new List<double>(values.Count * (values.Count + 1) / 2);
        for (var i = 0; i < values.Count; i++)
        {
            for (var k = i; k < values.Count; k++)
            {
                means.Add((values[i] + values[k]) / 2);
            }
        }

        means.Sort();
        var (cut, tail) = Cut(values.Count, (1 - confidence) / 2);
        var middle = means.Count / 2;
        return new HodgesLehmann(
            means.Count % 2 == 1 ? means[middle] : (means[middle - 1] + means[middle]) / 2, means[cut], means[means.Count - 1 - cut], 1 - (2 * tail));
    }

    /// <summary>How many of the means lie outside at each end, and the chance that the centre does.</summary>
    private static (int Cut, double Tail) Cut(int n, double allowed)
    {
        var share = SignedRankTest.Distribution([.. Enumerable.Range(1, n)]);
        var (cut, tail) = (0, share[0]);
        while (tail + share[cut + 1] <= allowed)
        {
            cut++;
            tail += share[cut];
        }

        return (cut, tail);
    }
}
