namespace PolyCL.Studies.Statistics;

/// <summary>Holm's correction (1979) of the p-values of many tests: the chance of one false finding among all of them stays below the level.</summary>
public static class HolmCorrection
{
    /// <summary>Adjusted p-values, in the order given.</summary>
    /// <remarks>The smallest of m is multiplied by m, the next by m − 1, and so on; none falls below the one before it or rises above 1.</remarks>
    /// <exception cref="ArgumentException">A p-value is not between 0 and 1.</exception>
    public static IReadOnlyList<double> Of(IReadOnlyList<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        if (pValues.Any(p => !(p is >= 0 and <= 1)))
        {
            throw new ArgumentException($"A p-value is {pValues.First(p => !(p is >= 0 and <= 1))}; each must be between 0 and 1.", nameof(pValues));
        }

        var adjusted = new double[pValues.Count];
        var (left, highest) = (pValues.Count, 0.0);
        foreach (var i in Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i]))
        {
            highest = Math.Max(highest, Math.Min(1, left * pValues[i]));
            adjusted[i] = highest;
            left--;
        }

        return adjusted;
    }
}
