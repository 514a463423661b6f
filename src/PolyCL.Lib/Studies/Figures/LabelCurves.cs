using PolyCL.Studies.Pictures;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Figures;

/// <summary>An arm's scores at one share of labels.</summary>
/// <param name="Percent">Labels seen, %.</param>
/// <param name="Scans">A score per scan, seeds averaged.</param>
public sealed record LabelPoint(double Percent, IReadOnlyList<double> Scans);

/// <summary>An arm over shares of labels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">Its points, in any order.</param>
/// <param name="Printed">What the paper prints: share and mean; empty for none.</param>
public sealed record LabelCurve(string Name, IReadOnlyList<LabelPoint> Points, IReadOnlyList<(double Percent, double Mean)> Printed);

/// <summary>A score over the share of labels, a line per arm, with the 95 % bootstrap interval of the mean over scans; the paper's means as hollow marks.</summary>
public static class LabelCurves
{
    /// <summary>Draws arms.</summary>
    /// <param name="metric">Title of the vertical axis, with its unit.</param>
    /// <param name="curves">The arms, in the order of the legend.</param>
    /// <param name="provenance">Where the numbers come from.</param>
    public static Chart Of(string metric, IReadOnlyList<LabelCurve> curves, string provenance)
    {
        ArgumentNullException.ThrowIfNull(curves);
        return new Chart
        {
            Title = "Score over the labels seen; bands: 95 % interval of the mean over scans" + (curves.Any(curve => curve.Printed.Count > 0) ? "; hollow: paper" : ""),
            XTitle = "labelled training scans (%)",
            YTitle = metric,
            Legend = curves.Count > 3 ? LegendPlace.Outside : LegendPlace.LowerRight,
            Width = curves.Count > 3 ? 860 : 720,
            Series = [.. curves.SelectMany((curve, place) => Series(curve, PictureColours.Palette[place % PictureColours.Palette.Count]))],
            Provenance = provenance,
        };
    }

    /// <summary>Draws the rows of a table that varies the labels.</summary>
    /// <exception cref="ArgumentException">The table does not vary the labels.</exception>
    public static Chart Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(metric);
        var arms = table.Rows.Where(row => row.LabelPercent is not null).GroupBy(row => row.Label[..row.Label.LastIndexOf(',')]).ToList();
        return arms.Count > 0
            ? Of(metric.Title, [.. arms.Select(rows => Curve(rows.Key, [.. rows], metric))], FigureText.Provenance(table))
            : throw new ArgumentException($"Table {table.Number} does not vary the labels; give one of Tables 4 to 7.", nameof(table));
    }

    private static LabelCurve Curve(string name, List<StudyTableRow> rows, StudyMetric metric) => new(
        name,
        [.. rows.Select(row => new LabelPoint(row.LabelPercent!.Value, [.. RowComparison.PerScan(row, metric).Values])).Where(point => point.Scans.Count > 0)],
        [.. rows.Where(row => metric.Printed(row) is not null).Select(row => (row.LabelPercent!.Value, metric.Printed(row)!.Mean))]);

    private static IEnumerable<ChartSeries> Series(LabelCurve curve, PictureColour colour)
    {
        var points = curve.Points.OrderBy(point => point.Percent).ToList();
        // Mean and interval over scans are those of a comparison with zeros.
        var means = points.Select(point => PairedComparison.Of(point.Scans, new double[point.Scans.Count])).ToList();
        if (points.Count > 0)
        {
            yield return new ChartSeries(curve.Name, [.. points.Select(point => point.Percent)], [.. means.Select(mean => mean.MeanDifference)])
            {
                Low = [.. means.Select(mean => mean.Low)],
                High = [.. means.Select(mean => mean.High)],
                Markers = true,
                MarkerSize = 8,
                Colour = colour,
            };
        }

        if (curve.Printed.Count > 0)
        {
            yield return new ChartSeries(points.Count > 0 ? "" : curve.Name, [.. curve.Printed.Select(cell => cell.Percent)], [.. curve.Printed.Select(cell => cell.Mean)])
            {
                Style = SeriesStyle.Points,
                Hollow = true,
                MarkerSize = 8,
                Colour = colour,
            };
        }
    }
}
