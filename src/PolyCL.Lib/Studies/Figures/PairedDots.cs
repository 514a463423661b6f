using System.Globalization;
using PolyCL.Studies.Pictures;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Figures;

/// <summary>A score of each scan under two arms, joined by a line; the title has the paired difference with its interval and p.</summary>
public static class PairedDots
{
    /// <summary>Draws two arms from their scores per scan.</summary>
    /// <param name="metric">Title of the vertical axis, with its unit.</param>
    /// <param name="firstName">Name of the first arm, at the left.</param>
    /// <param name="first">Its scores by scan.</param>
    /// <param name="secondName">Name of the second arm.</param>
    /// <param name="second">Its scores by scan; scans of one arm alone are left out.</param>
    /// <param name="provenance">Where the numbers come from.</param>
    /// <param name="seed">Seed of the bootstrap interval.</param>
    /// <exception cref="ArgumentException">The arms have no scan in common.</exception>
    public static Chart Of(
        string metric,
        string firstName,
        IReadOnlyDictionary<string, double> first,
        string secondName,
        IReadOnlyDictionary<string, double> second,
        string provenance,
        long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        string[] scans = [.. first.Keys.Where(second.ContainsKey)];
        double[] a = [.. scans.Select(scan => first[scan])], b = [.. scans.Select(scan => second[scan])];
        var comparison = PairedComparison.Of(b, a, seed);
        return new Chart
        {
            Title = $"{secondName} − {firstName}: {Signed(comparison.MeanDifference)} (95 % {Signed(comparison.Low)} to {Signed(comparison.High)}), sign-flip p = {Number(comparison.PValue)}",
            XTitle = $"n = {scans.Length} scans; bars are means",
            YTitle = metric,
            XCategories = [firstName, secondName],
            XRange = (-0.5, 1.5),
            Legend = LegendPlace.None,
            Series =
            [
                .. a.Zip(b, (left, right) => new ChartSeries("", [0, 1], [left, right]) { Colour = PictureColour.Grey, LineWidth = 1 }),
                Column(0, PictureColour.Vermillion, a, scans),
                Column(1, PictureColour.Blue, b, scans),
                Mean(-0.2, a),
                Mean(1.2, b),
            ],
            Width = 720,
            Provenance = provenance,
        };
    }

    /// <summary>Draws two rows of a table, seeds averaged per scan.</summary>
    /// <exception cref="ArgumentException">The rows have no scan with the metric in common.</exception>
    public static Chart Of(StudyTable table, StudyMetric metric, StudyTableRow first, StudyTableRow second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(metric);
        return Of(
            metric.Title, first.Label, RowComparison.PerScan(first, metric), second.Label, RowComparison.PerScan(second, metric), FigureText.Provenance(table));
    }

    private static ChartSeries Column(double x, PictureColour colour, double[] values, string[] scans) =>
        new("", [.. values.Select(_ => x)], values) { Style = SeriesStyle.Points, Colour = colour, MarkerSize = 8, Labels = scans };

    private static ChartSeries Mean(double x, double[] values) =>
        new("", [x - 0.12, x + 0.12], [values.Average(), values.Average()]) { Colour = PictureColour.Black, LineWidth = 3 };

    private static string Signed(double value) => value.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
