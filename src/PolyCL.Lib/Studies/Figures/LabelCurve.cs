using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Figures;

/// <summary>An arm's score at one share of labels.</summary>
/// <param name="Percent">Labels seen, %.</param>
/// <param name="Mean">The mean.</param>
public sealed record LabelPoint(double Percent, double Mean)
{
    /// <summary>The 95 % bootstrap interval of the mean over scans, or null.</summary>
    public (double Low, double High)? Interval { get; init; }

    /// <summary>Sample standard deviation over runs, or null below two.</summary>
    public double? Sd { get; init; }

    /// <summary>The mean over scans with its interval.</summary>
    /// <param name="percent">Labels seen, %.</param>
    /// <param name="scans">A score per scan, seeds averaged.</param>
    /// <exception cref="ArgumentException">There is no score.</exception>
    public static LabelPoint OfScans(double percent, IReadOnlyList<double> scans)
    {
        ArgumentNullException.ThrowIfNull(scans);
        // Mean and interval over scans are those of a comparison with zeros.
        var mean = PairedComparison.Of(scans, new double[scans.Count]);
        return new LabelPoint(percent, mean.MeanDifference) { Interval = (mean.Low, mean.High) };
    }

    /// <summary>The mean over runs with its spread, as tables print it.</summary>
    /// <param name="percent">Labels seen, %.</param>
    /// <param name="runs">A score per run; at least one.</param>
    public static LabelPoint OfRuns(double percent, IReadOnlyCollection<double> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return new LabelPoint(percent, runs.Average()) { Sd = MeanOfRepeats.Of(runs)?.Sd };
    }
}

/// <summary>An arm over shares of labels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">Its points, in any order.</param>
/// <param name="Printed">What the paper prints: share and mean; empty for none.</param>
public sealed record LabelCurve(string Name, IReadOnlyList<LabelPoint> Points, IReadOnlyList<(double Percent, double Mean)> Printed)
{
    /// <summary>The arm without SAM whose colour the curve takes, or null for a colour of its own; such a curve is dashed.</summary>
    public string? Of { get; init; }
}
