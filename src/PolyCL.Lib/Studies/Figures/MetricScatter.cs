using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>One metric against another, a dot per row's mean over runs, coloured by arm; the paper's means as hollow marks where it prints both.</summary>
public static class MetricScatter
{
    private const string Scratch = "from scratch";

    /// <summary>Draws a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="horizontal">Metric of the horizontal axis.</param>
    /// <param name="vertical">Metric of the vertical axis.</param>
    public static Chart Of(StudyTable table, StudyMetric horizontal, StudyMetric vertical)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(horizontal);
        ArgumentNullException.ThrowIfNull(vertical);
        var arms = table.Rows.GroupBy(row => row.Backbone == "none" ? Scratch : row.Model).ToList();
        return new Chart
        {
            Title = $"{FigureText.Subject(table)}{(arms.SelectMany(rows => rows).Any(row => Printed(row, horizontal, vertical) is not null) ? "; hollow: paper" : "")}",
            XTitle = horizontal.Title,
            YTitle = vertical.Title,
            Legend = LegendPlace.Outside,
            Width = 760,
            Series = [.. arms.SelectMany((rows, place) => Series(rows.Key, [.. rows], horizontal, vertical, PictureColours.Palette[place % PictureColours.Palette.Count]))],
            Provenance = FigureText.Provenance(table),
        };
    }

    private static IEnumerable<ChartSeries> Series(string name, List<StudyTableRow> rows, StudyMetric horizontal, StudyMetric vertical, PictureColour colour)
    {
        var ours = rows.Select(row => (Row: row, X: Mean(row, horizontal), Y: Mean(row, vertical))).Where(dot => dot is { X: not null, Y: not null }).ToList();
        var printed = rows.Select(row => Printed(row, horizontal, vertical)).OfType<(double X, double Y)>().ToList();
        if (ours.Count > 0)
        {
            yield return new ChartSeries(name, [.. ours.Select(dot => dot.X!.Value)], [.. ours.Select(dot => dot.Y!.Value)])
            {
                Style = SeriesStyle.Points,
                Colour = colour,
                MarkerSize = 9,
                Labels = [.. ours.Select(dot => dot.Row.Label)],
            };
        }

        if (printed.Count > 0)
        {
            yield return new ChartSeries(ours.Count > 0 ? "" : name, [.. printed.Select(dot => dot.X)], [.. printed.Select(dot => dot.Y)])
            {
                Style = SeriesStyle.Points,
                Colour = colour,
                MarkerSize = 9,
                Hollow = true,
            };
        }
    }

    private static double? Mean(StudyTableRow row, StudyMetric metric) => row.Runs.Select(run => metric.Of(run.Scores)).Average();

    private static (double X, double Y)? Printed(StudyTableRow row, StudyMetric horizontal, StudyMetric vertical) =>
        horizontal.Printed(row) is { } x && vertical.Printed(row) is { } y ? (x.Mean, y.Mean) : null;
}
