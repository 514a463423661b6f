namespace PolyCL.Metrics;

/// <summary>Mean and spread of a few numbers; null where there are too few.</summary>
internal static class Mean
{
    public static double? Of(IReadOnlyCollection<double> values) => values.Count == 0 ? null : values.Sum() / values.Count;

    /// <summary>Sample standard deviation (n − 1); null with fewer than two values.</summary>
    public static double? Deviation(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2)
        {
            return null;
        }

        var mean = Of(values)!.Value;
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }
}
