namespace PolyCL.Studies.Statistics;

/// <summary>A mean over repeats as tables print it.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Sd">Sample standard deviation over the repeats.</param>
/// <param name="N">Repeats.</param>
public readonly record struct MeanOfRepeats(double Mean, double Sd, int N)
{
    /// <summary>Mean and spread of values; null below two, which have no spread.</summary>
    public static MeanOfRepeats? Of(IReadOnlyCollection<double> values) =>
        Metrics.Mean.Deviation(values) is { } sd ? new MeanOfRepeats(values.Average(), sd, values.Count) : null;
}
