using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>A score over the share of labels, a line per arm: bands are 95 % intervals of the mean over scans, whiskers standard deviations over runs, the paper's means hollow.</summary>
public static class LabelCurves
{
    private const string Refined = " + ";

    /// <summary>Draws arms.</summary>
    /// <param name="metric">Title of the vertical axis, with its unit.</param>
    /// <param name="curves">The arms, in the order of the legend.</param>
    /// <param name="provenance">Where the numbers come from.</param>
    public static Chart Of(string metric, IReadOnlyList<LabelCurve> curves, string provenance) => Draw("Score over the labels seen", metric, curves, provenance);

    /// <summary>Draws the rows of a table that varies the labels; arms with SAM or SAM 2 dashed, in the colour of the arm without.</summary>
    /// <exception cref="ArgumentException">The table does not vary the labels.</exception>
    public static Chart Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(metric);
        var arms = table.Rows.Where(row => row.LabelPercent is not null).GroupBy(row => row.Label[..row.Label.LastIndexOf(',')]).ToList();
        return arms.Count > 0
            ? Draw(FigureText.Subject(table), metric.Title, [.. arms.Select(rows => Curve(rows.Key, [.. rows], metric))], $"{table.Definition}\n{FigureText.Provenance(table)}")
            : throw new ArgumentException($"Table {table.Number} does not vary the labels; give one of Tables 4 to 7.", nameof(table));
    }

    private static LabelCurve Curve(string name, List<StudyTableRow> rows, StudyMetric metric)
    {
        var scores = rows.Select(row => (Percent: row.LabelPercent!.Value, Runs: row.Runs.Select(run => metric.Of(run.Scores)).OfType<double>().ToList()));
        return new LabelCurve(
            name,
            [.. scores.Where(score => score.Runs.Count > 0).Select(score => LabelPoint.OfRuns(score.Percent, score.Runs))],
            [.. rows.Where(row => metric.Printed(row) is not null).Select(row => (row.LabelPercent!.Value, metric.Printed(row)!.Mean))])
        {
            Of = name.Contains(Refined, StringComparison.Ordinal) ? name[..name.IndexOf(Refined, StringComparison.Ordinal)] : null,
        };
    }

    private static Chart Draw(string subject, string metric, IReadOnlyList<LabelCurve> curves, string provenance)
    {
        ArgumentNullException.ThrowIfNull(curves);
        var points = curves.SelectMany(curve => curve.Points).ToList();
        string[] legend =
        [
            subject,
            .. points.Exists(point => point.Interval is not null) ? new[] { "bands: 95 % interval of the mean over scans" } : [],
            .. points.Exists(point => point.Sd is not null) ? new[] { "whiskers: sd over runs" } : [],
            .. curves.Any(curve => curve.Printed.Count > 0) ? new[] { "hollow: paper" } : [],
        ];
        var colours = curves.Select(curve => curve.Of ?? curve.Name).Distinct().ToList();
        return new Chart
        {
            Title = string.Join("; ", legend),
            XTitle = "labelled training scans (%)",
            YTitle = metric,
            Legend = curves.Count > 3 ? LegendPlace.Outside : LegendPlace.LowerRight,
            Width = curves.Count > 3 ? 860 : 720,
            Series = [.. curves.SelectMany(curve => Series(curve, PictureColours.Palette[colours.IndexOf(curve.Of ?? curve.Name) % PictureColours.Palette.Count]))],
            Provenance = provenance,
        };
    }

    private static IEnumerable<ChartSeries> Series(LabelCurve curve, PictureColour colour)
    {
        var points = curve.Points.OrderBy(point => point.Percent).ToList();
        if (points.Count > 0)
        {
            var bands = points.TrueForAll(point => point.Interval is not null);
            yield return new ChartSeries(curve.Name, [.. points.Select(point => point.Percent)], [.. points.Select(point => point.Mean)])
            {
                Low = bands ? [.. points.Select(point => point.Interval!.Value.Low)] : null,
                High = bands ? [.. points.Select(point => point.Interval!.Value.High)] : null,
                Spread = points.Exists(point => point.Sd is not null) ? [.. points.Select(point => point.Sd ?? 0)] : null,
                Markers = true,
                MarkerSize = 8,
                Dashed = curve.Of is not null,
                Diamonds = curve.Of is not null,
                Colour = colour,
            };
        }

        if (curve.Printed.Count > 0)
        {
            yield return new ChartSeries(points.Count > 0 ? "" : curve.Name, [.. curve.Printed.Select(cell => cell.Percent)], [.. curve.Printed.Select(cell => cell.Mean)])
            {
                Style = SeriesStyle.Points,
                Hollow = true,
                Diamonds = curve.Of is not null,
                MarkerSize = 8,
                Colour = colour,
            };
        }
    }
}
