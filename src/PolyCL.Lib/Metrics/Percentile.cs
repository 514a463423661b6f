using PolyCL.Core;

namespace PolyCL.Metrics;

/// <summary>Percentiles with linear interpolation between neighbouring values, as numpy's default.</summary>
public static class Percentile
{
    /// <summary>The percentile of values in ascending order: at position (n − 1)·percent/100, counted from 0.</summary>
    /// <param name="sorted">Values in ascending order; at least one.</param>
    /// <param name="percent">0 to 100.</param>
    /// <exception cref="ArgumentException">There is no value.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The percentage lies outside 0 to 100.</exception>
    public static double OfSorted(ReadOnlySpan<double> sorted, double percent)
    {
        Check.InRange(percent, 0, 100);
        if (sorted.IsEmpty)
        {
            throw new ArgumentException("A percentile needs at least one value.", nameof(sorted));
        }

        var position = (sorted.Length - 1) * (percent / 100);
        var below = (int)position;
        var share = position - below;
        return share == 0 ? sorted[below] : sorted[below] + ((sorted[below + 1] - sorted[below]) * share);
    }
}
