using System.Globalization;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Exports;

/// <summary>A heading of a table's column.</summary>
/// <param name="Group">What neighbouring columns share, a metric's title; empty for the columns that name the row.</param>
/// <param name="Name">The column's own heading.</param>
public readonly record struct TextColumn(string Group, string Name);

/// <summary>A cell as text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Best">Whether it is the best of its column.</param>
public readonly record struct TextCell(string Text, bool Best = false);

/// <summary>A study's table laid out as text, from which every format that people read is written.</summary>
/// <param name="Caption">Number, title and profile, and what the numbers stand for.</param>
/// <param name="Columns">Headings, the row's names first.</param>
/// <param name="Rows">Cells, as many in each row as there are columns.</param>
/// <param name="Footnotes">Sentences beneath the table: what is missing, definitions, data, counts, provenance.</param>
public sealed record StudyTableText(
    string Caption, IReadOnlyList<TextColumn> Columns, IReadOnlyList<IReadOnlyList<TextCell>> Rows, IReadOnlyList<string> Footnotes)
{
    private const string Nothing = "–";

    /// <summary>Lays a table out: for each metric the paper's number, ours over runs, their difference, and p against the row's baseline.</summary>
    /// <param name="table">The table.</param>
    /// <param name="metrics">The metrics, in order; the paper's columns stand only beside its own two.</param>
    /// <exception cref="ArgumentException">There is no metric.</exception>
    public static StudyTableText Of(StudyTable table, IReadOnlyList<StudyMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count == 0)
        {
            throw new ArgumentException("No metric is named; give at least one.", nameof(metrics));
        }

        var labels = table.Rows.Any(row => row.LabelPercent is not null);
        var scores = metrics.Select(metric => RowScore.Of(table, metric)).ToList();
        var printed = scores.Select(column => column.Any(score => score.Printed is not null)).ToList();
        List<TextColumn> columns = [new("", "backbone"), new("", "arm")];
        columns.AddRange(labels ? [new("", "labels (%)"), new("", "runs")] : [new("", "runs")]);
        for (var i = 0; i < metrics.Count; i++)
        {
            var title = metrics[i].Title;
            columns.AddRange(printed[i]
                ? [new(title, "paper"), new(title, "ours"), new(title, "difference"), new(title, "p")]
                : [new(title, "ours"), new(title, "p")]);
        }

        var rows = table.Rows.Select((row, r) =>
        {
            List<TextCell> cells = [new(row.Backbone is "none" or "" ? Nothing : row.Backbone), new(row.Model)];
            if (labels)
            {
                cells.Add(new(row.LabelPercent?.ToString("0.##", CultureInfo.InvariantCulture) ?? Nothing));
            }

            cells.Add(new(row.Runs.Count.ToString(CultureInfo.InvariantCulture)));
            for (var i = 0; i < metrics.Count; i++)
            {
                cells.AddRange(Cells(scores[i][r], printed[i]));
            }

            return (IReadOnlyList<TextCell>)cells;
        });
        return new StudyTableText(CaptionOf(table), columns, [.. rows], [.. FootnotesOf(table, metrics, scores.SelectMany(column => column).Any(score => score.Mean is not null && !score.IsWhole))]);
    }

    private static IEnumerable<TextCell> Cells(RowScore score, bool printed)
    {
        if (printed)
        {
            yield return new(score.PrintedText, score.PrintedIsBest);
        }

        yield return new(score.Text, score.IsBest);
        if (printed)
        {
            yield return new(score.Difference is { } difference ? score.Metric.Signed(difference) : Nothing);
        }

        yield return new(score.Against is { } against ? ProbabilityText(against.Adjusted) : Nothing);
    }

    /// <summary>A p-value with three decimals, or that it is below 0.001.</summary>
    internal static string ProbabilityText(double p) => p < 0.001 ? "<0.001" : p.ToString("0.000", CultureInfo.InvariantCulture);

    private static string CaptionOf(StudyTable table) => $"Table {table.Number} of the paper: {table.Title.TrimEnd('.')}. Profile {table.Profile}. {Standing(table)}";

    /// <summary>What the numbers stand for.</summary>
    internal static string Standing(StudyTable table) => table.Phantom
        ? "Generated phantom CT: these numbers are no reproduction of the paper, and their difference to it means nothing."
        : table.Profile == "paper"
            ? "Settings of the paper."
            : "Not the settings of the paper: these numbers are no reproduction.";

    private static IEnumerable<string> FootnotesOf(StudyTable table, IReadOnlyList<StudyMetric> metrics, bool partial)
    {
        foreach (var row in table.Rows.Where(row => row.Missing is not null))
        {
            yield return $"{row.Label}: {row.Missing!.TrimEnd('.')}.";
        }

        var baseline = table.Rows.Any(row => row.Backbone.Length > 0) ? "the same network from scratch" : "the same arm without SAM";
        var tested = TableComparisons.Of(table, metrics[0]);
        yield return "Ours: mean ± sample standard deviation over runs. Bold: best of the column.";
        if (partial)
        {
            yield return "(1/2): the metric is not defined in the other runs, whose masks are too often empty; the mean is over the rest and never marked as best.";
        }

        if (tested.Count > 0)
        {
            yield return $"p: against {baseline}, paired by scan, seeds averaged first ({tested[0].Test} test), Holm-corrected over the {tested.Count} comparisons of the table."
                + (tested.Any(comparison => comparison.Seeds == 1) ? " With one run of a row, p is on the trained networks, not on the methods." : "");
        }

        if (metrics.Any(metric => StudyMetric.OfPaper.Contains(metric)))
        {
            yield return "Paper: as printed, mean ± standard deviation over its repeats. Paper's code: computed as the authors' released code does.";
        }

        yield return $"Definition: {table.Definition.TrimEnd('.')}.";
        yield return $"Data: {table.DataLine.TrimEnd('.')}.";
        foreach (var note in table.Notes)
        {
            yield return note.TrimEnd('.') + ".";
        }

        yield return $"Provenance: {table.Provenance.TrimEnd('.')}.";
    }
}
