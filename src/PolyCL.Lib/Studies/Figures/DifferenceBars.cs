using System.Globalization;
using PolyCL.Studies.Pictures;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Figures;

/// <summary>The comparisons of a table one beneath the other: centre of the paired differences with its interval, 95 % or what so few scans allow; filled where p survives Holm's correction.</summary>
public static class DifferenceBars
{
    private const int RowHeight = 22;
    private const int AxesHeight = 130;

    /// <summary>Draws the comparisons of a table in one metric.</summary>
    /// <exception cref="ArgumentException">No two rows that the table compares have runs.</exception>
    public static Chart Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var comparisons = TableComparisons.Of(table, metric);
        if (comparisons.Count == 0)
        {
            throw new ArgumentException($"Table {table.Number} has no two rows with runs to compare; run more rows.", nameof(table));
        }

        var last = comparisons.Count - 1;
        var placed = comparisons.Select((comparison, i) => (Comparison: comparison, Y: (double)(last - i))).ToList();
        ChartSeries Marks(string name, bool significant)
        {
            var some = placed.Where(entry => entry.Comparison.Adjusted < Claims.ClaimEvidence.Level == significant).ToList();
            return new ChartSeries(name, [.. some.Select(entry => entry.Comparison.Centre.Estimate)], [.. some.Select(entry => entry.Y)])
            {
                Style = SeriesStyle.Points,
                MarkerSize = 9,
                Hollow = !significant,
                Colour = significant ? PictureColour.Vermillion : PictureColour.Blue,
            };
        }

        return new Chart
        {
            Title = string.Create(CultureInfo.InvariantCulture, $"{FigureText.Subject(table)}, {comparisons[0].Paired.N} scans; intervals cover {Math.Floor(1000 * Math.Min(0.95, comparisons.Min(comparison => comparison.Centre.Confidence))) / 10:0.#} %"),
            XTitle = $"difference in {metric.Title}; {(metric.HigherIsBetter ? "right" : "left")} of 0 the first is better",
            YTitle = "",
            YCategories = [.. comparisons.Reverse().Select(comparison => $"{comparison.First} − {comparison.Second}")],
            YRange = (-0.7, last + 0.7),
            Legend = LegendPlace.Outside,
            Width = 900,
            Height = AxesHeight + (RowHeight * comparisons.Count),
            Series =
            [
                new ChartSeries("", [0, 0], [-0.7, last + 0.7]) { Colour = PictureColour.Grey, Dashed = true },
                .. placed.Select(entry => new ChartSeries("", [entry.Comparison.Centre.Low, entry.Comparison.Centre.High], [entry.Y, entry.Y])
                {
                    Colour = entry.Comparison.Adjusted < Claims.ClaimEvidence.Level ? PictureColour.Vermillion : PictureColour.Blue,
                }),
                Marks("Holm p < 0.05", true),
                Marks("not significant", false),
            ],
            Provenance = FigureText.Provenance(table),
        };
    }
}
