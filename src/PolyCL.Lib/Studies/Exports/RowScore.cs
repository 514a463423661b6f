using System.Globalization;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Exports;

/// <summary>One metric of one row: the paper's number, ours, and what the difference to the row's baseline means.</summary>
/// <param name="Row">The row.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Printed">The paper's cell; null where it prints none in this metric.</param>
/// <param name="Mean">Our mean over runs; null without one.</param>
/// <param name="Sd">Sample standard deviation over runs; null below two.</param>
/// <param name="Runs">Runs that have the metric.</param>
/// <param name="Against">Comparison with the row's baseline over scans, p corrected over the table; null without runs of both.</param>
/// <param name="IsBest">Whether our mean is the best of the table, as written, among rows whose every run has the metric and that are no upper bound.</param>
/// <param name="PrintedIsBest">Whether the paper's is.</param>
public sealed record RowScore(
    StudyTableRow Row,
    StudyMetric Metric,
    PaperScore? Printed,
    double? Mean,
    double? Sd,
    int Runs,
    RowComparison? Against,
    bool IsBest,
    bool PrintedIsBest)
{
    /// <summary>Ours − the paper's.</summary>
    public double? Difference => Mean - Printed?.Mean;

    /// <summary>Our mean ± standard deviation over runs, or a dash; how many of the runs it is over, where some lack the metric.</summary>
    public string Text => Mean is { } mean
        ? Metric.Text(mean) + (Sd is { } sd ? " ± " + Metric.Text(sd) : "") + (IsWhole ? "" : string.Create(CultureInfo.InvariantCulture, $" ({Runs}/{Row.Runs.Count})"))
        : "–";

    /// <summary>Whether every run of the row has the metric.</summary>
    public bool IsWhole => Runs == Row.Runs.Count;

    private bool CanBeBest => IsWhole && !Row.UpperBound;

    /// <summary>The paper's mean ± standard deviation, or a dash.</summary>
    public string PrintedText => Printed is { } cell ? $"{Metric.Text(cell.Mean)} ± {Metric.Text(cell.Sd)}" : "–";

    /// <summary>A metric of all rows of a table, in their order.</summary>
    public static IReadOnlyList<RowScore> Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(metric);
        var comparisons = TableComparisons.Of(table, metric).ToLookup(comparison => (comparison.First, comparison.Second));
        List<RowScore> scores = [.. table.Rows.Select(row =>
        {
            double[] values = [.. row.Runs.Select(run => metric.Of(run.Scores)).OfType<double>()];
            var baseline = TableComparisons.Baseline(table.Rows, row);
            return new RowScore(
                row,
                metric,
                metric.Printed(row),
                values.Length > 0 ? values.Average() : null,
                MeanOfRepeats.Of(values)?.Sd,
                values.Length,
                baseline is null ? null : comparisons[(row.Label, baseline.Label)].FirstOrDefault(),
                false,
                false);
        })];
        var best = Best(metric, scores.Where(score => score.CanBeBest).Select(score => score.Mean));
        var printed = Best(metric, scores.Select(score => score.Printed?.Mean));
        return [.. scores.Select(score => score with
        {
            IsBest = score.CanBeBest && score.Mean is { } mean && metric.Text(mean) == best,
            PrintedIsBest = score.Printed is { } cell && metric.Text(cell.Mean) == printed,
        })];
    }

    private static string? Best(StudyMetric metric, IEnumerable<double?> values)
    {
        var there = values.OfType<double>().ToList();
        return there.Count < 2 ? null : metric.Text(metric.HigherIsBetter ? there.Max() : there.Min());
    }
}
