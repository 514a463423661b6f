using PolyCL.Studies.Exports;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>The rows of a table one beneath the other: a dot per run, the mean with its standard deviation, the paper's mean as a hollow mark.</summary>
public static class RowDots
{
    private const int RowHeight = 24;
    private const int AxesHeight = 130;

    /// <summary>Draws a table in one metric.</summary>
    public static Chart Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var scores = RowScore.Of(table, metric);
        var last = scores.Count - 1;
        var measured = scores.Select((score, i) => (Score: score, Y: (double)(last - i))).Where(entry => entry.Score.Mean is not null).ToList();
        var printed = scores.Select((score, i) => (Score: score, Y: (double)(last - i))).Where(entry => entry.Score.Printed is not null).ToList();
        var runs = measured.SelectMany(entry => entry.Score.Row.Runs.Select(run => (Value: metric.Of(run.Scores), entry.Y))).Where(run => run.Value is not null).ToList();
        return new Chart
        {
            Title = FigureText.Subject(table),
            XTitle = $"{metric.Title}, {(metric.HigherIsBetter ? "more" : "less")} is better",
            YTitle = "",
            YCategories = [.. table.Rows.Reverse().Select(row => row.Missing is null || row.Runs.Count > 0 ? row.Label : $"{row.Label} (no runs)")],
            YRange = (-0.7, last + 0.7),
            Legend = LegendPlace.Outside,
            Width = 860,
            Height = AxesHeight + (RowHeight * scores.Count),
            Series =
            [
                .. measured.Where(entry => entry.Score.Sd is not null).Select(entry => new ChartSeries(
                    "", [entry.Score.Mean!.Value - entry.Score.Sd!.Value, entry.Score.Mean.Value + entry.Score.Sd.Value], [entry.Y, entry.Y]) { Colour = PictureColour.Blue }),
                Points("paper", [.. printed.Select(entry => entry.Score.Printed!.Mean)], [.. printed.Select(entry => entry.Y)]) with { Hollow = true, MarkerSize = 9, Colour = PictureColour.Black },
                Points("a run", [.. runs.Select(run => run.Value!.Value)], [.. runs.Select(run => run.Y)]) with { MarkerSize = 5, Colour = PictureColour.SkyBlue },
                Points("ours, mean ± sd", [.. measured.Select(entry => entry.Score.Mean!.Value)], [.. measured.Select(entry => entry.Y)]) with
                {
                    MarkerSize = 9,
                    Colour = PictureColour.Blue,
                    Labels = [.. measured.Select(entry => entry.Score.Row.Label)],
                },
            ],
            Provenance = FigureText.Provenance(table),
        };
    }

    private static ChartSeries Points(string name, double[] x, double[] y) => new(name, x, y) { Style = SeriesStyle.Points };
}
