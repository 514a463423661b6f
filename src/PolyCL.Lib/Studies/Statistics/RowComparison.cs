using PolyCL.Metrics;

namespace PolyCL.Studies.Statistics;

/// <summary>Two rows of a table compared on the same scans.</summary>
/// <remarks>
/// A scan's scores are averaged over the seeds of a row first, so that pairs are independent; then rows are paired by scan. A scan counts when every
/// run of both rows has the score; the others are left out and counted. With one seed the comparison is of two trained networks, not of two methods.
/// </remarks>
public sealed record RowComparison
{
    /// <summary>Up to this many pairs the p-value is the exact signed-rank test's; beyond, the sign-flip test's of the mean difference.</summary>
    public const int SignedRankPairs = 25;

    /// <summary>Label of the first row.</summary>
    public required string First { get; init; }

    /// <summary>Label of the second row.</summary>
    public required string Second { get; init; }

    /// <summary>Name of the metric.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether more is better.</summary>
    public required bool HigherIsBetter { get; init; }

    /// <summary>Scans of both rows that lack the score in a run and are left out.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Runs averaged for the smaller side.</summary>
    public required int Seeds { get; init; }

    /// <summary>Mean of first − second with its bootstrap interval and the sign-flip test.</summary>
    public required PairedComparison Paired { get; init; }

    /// <summary>The exact signed-rank test, with the rank-biserial effect.</summary>
    public required SignedRankTest SignedRank { get; init; }

    /// <summary>Centre of the differences with its interval.</summary>
    public required HodgesLehmann Centre { get; init; }

    /// <summary>Cohen's dz: mean difference over the standard deviation of the differences; null with one pair or differences all alike.</summary>
    public required double? CohenDz { get; init; }

    /// <summary>p corrected by Holm over the comparisons made together; of a single comparison its own p.</summary>
    public required double Adjusted { get; init; }

    /// <summary>Two-sided p-value.</summary>
    public double PValue => Paired.N <= SignedRankPairs ? SignedRank.PValue : Paired.PValue;

    /// <summary>Which test gave it.</summary>
    public string Test => Paired.N <= SignedRankPairs ? "signed-rank, exact" : "sign-flip";

    /// <summary>Whether the first row's mean is better.</summary>
    public bool FirstIsBetter => HigherIsBetter ? Paired.MeanDifference > 0 : Paired.MeanDifference < 0;

    /// <summary>Compares two rows; null when a row has no run or no scan has the score in both.</summary>
    public static RowComparison? Of(StudyTableRow first, StudyTableRow second, StudyMetric metric, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(metric);
        Dictionary<string, double> a = PerScan(first, metric), b = PerScan(second, metric);
        var scans = ScansOf(first).Intersect(ScansOf(second)).ToList();
        var shared = scans.Where(scan => a.ContainsKey(scan) && b.ContainsKey(scan)).ToList();
        if (shared.Count == 0)
        {
            return null;
        }

        var paired = PairedComparison.Of([.. shared.Select(scan => a[scan])], [.. shared.Select(scan => b[scan])], seed);
        double[] differences = [.. shared.Select(scan => a[scan] - b[scan])];
        var signedRank = SignedRankTest.Of(differences);
        return new RowComparison
        {
            First = first.Label,
            Second = second.Label,
            Metric = metric.Name,
            HigherIsBetter = metric.HigherIsBetter,
            LeftOut = scans.Count - shared.Count,
            Seeds = Math.Min(first.Runs.Count, second.Runs.Count),
            Paired = paired,
            SignedRank = signedRank,
            Centre = HodgesLehmann.Of(differences),
            CohenDz = Mean.Deviation(differences) is { } sd and > 0 ? paired.MeanDifference / sd : null,
            Adjusted = shared.Count <= SignedRankPairs ? signedRank.PValue : paired.PValue,
        };
    }

    /// <summary>The comparisons with p corrected over all of them.</summary>
    public static IReadOnlyList<RowComparison> Corrected(IReadOnlyList<RowComparison> comparisons)
    {
        ArgumentNullException.ThrowIfNull(comparisons);
        var adjusted = HolmCorrection.Of([.. comparisons.Select(comparison => comparison.PValue)]);
        return [.. comparisons.Select((comparison, i) => comparison with { Adjusted = adjusted[i] })];
    }

    /// <summary>A score of each scan that has it in every run of a row, averaged over the runs.</summary>
    internal static Dictionary<string, double> PerScan(StudyTableRow row, StudyMetric metric) => row.Runs
        .SelectMany(run => run.Scans)
        .GroupBy(scan => scan.Scan, scan => metric.Of(scan.Scores))
        .Where(scores => scores.Count() == row.Runs.Count && scores.All(score => score is not null))
        .ToDictionary(scores => scores.Key, scores => scores.Average()!.Value);

    private static IEnumerable<string> ScansOf(StudyTableRow row) => row.Runs.SelectMany(run => run.Scans.Select(scan => scan.Scan)).Distinct();
}
