using System.Globalization;
using PolyCL.Core;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>Dice over the distance from the reference slice: a dot per slice of each scan, a line through the means per run.</summary>
/// <remarks>
/// Means take slices of one step together: from the reference slice, not counted, to one step away, on to two, each side by itself. They stand at the mean of
/// the distances. A mean is over scans; of a scan with several slices within a step, their mean counts.
/// </remarks>
public static class DistanceCurves
{
    /// <summary>A slice at a whole number of steps belongs to the nearer one, whatever its distance's last digit.</summary>
    private const double Rounding = 1e-6;

    /// <summary>Draws runs.</summary>
    /// <param name="runs">The runs, in the order of the legend.</param>
    /// <param name="unit">Unit of the distances: "slices" or "mm".</param>
    /// <param name="provenance">Where the numbers come from.</param>
    /// <param name="step">Length of a step, in the unit.</param>
    /// <exception cref="ArgumentException">There is no slice to draw.</exception>
    public static Chart Of(IReadOnlyList<DistanceRun> runs, string unit, string provenance, double step = 1)
    {
        ArgumentNullException.ThrowIfNull(runs);
        Check.NotBlank(unit);
        Check.Positive(step);
        if (!runs.Any(run => run.Scans.Any(scan => scan.Slices.Count > 0)))
        {
            throw new ArgumentException("No run has a slice with a Dice; give annotations of more than the reference slice.", nameof(runs));
        }

        return new Chart
        {
            Title = string.Create(CultureInfo.InvariantCulture, $"Dots: slices of {runs.SelectMany(run => run.Scans.Select(scan => scan.Scan)).Distinct().Count()} scans; line: mean over scans"),
            XTitle = $"distance from the reference slice ({unit}), feet at the left",
            YTitle = "Dice of the slice",
            YRange = (0, 1.02),
            Legend = runs.Count > 1 ? LegendPlace.Outside : LegendPlace.None,
            Width = runs.Count > 1 ? 860 : 720,
            Series =
            [
                new ChartSeries("", [0, 0], [0, 1.02]) { Colour = PictureColour.Grey, Dashed = true },
                .. runs.SelectMany((run, place) => Series(run, step, PictureColours.Palette[place % PictureColours.Palette.Count])),
            ],
            Provenance = provenance,
        };
    }

    private static IEnumerable<ChartSeries> Series(DistanceRun run, double step, PictureColour colour)
    {
        var slices = run.Scans.SelectMany(scan => scan.Slices.Select(slice => (scan.Scan, slice.Distance, slice.Dice))).ToList();
        yield return new ChartSeries("", [.. slices.Select(slice => slice.Distance)], [.. slices.Select(slice => slice.Dice)])
        {
            Style = SeriesStyle.Points,
            MarkerSize = 4,
            Colour = colour,
            Labels = [.. slices.Select(slice => slice.Scan)],
        };
        var means = slices
            .GroupBy(slice => Math.Sign(slice.Distance) * Math.Ceiling((Math.Abs(slice.Distance) / step) - Rounding))
            .OrderBy(group => group.Key)
            .Select(group => (Distance: group.Average(slice => slice.Distance), Dice: group.GroupBy(slice => slice.Scan).Average(scan => scan.Average(slice => slice.Dice))))
            .ToList();
        yield return new ChartSeries(run.Name, [.. means.Select(mean => mean.Distance)], [.. means.Select(mean => mean.Dice)]) { Colour = colour, LineWidth = 2.4 };
    }
}
