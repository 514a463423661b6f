using ScottPlot;

namespace PolyCL.Studies.Pictures;

/// <summary>Puts the series of a chart on a plot of the chart library.</summary>
internal sealed class SeriesDrawing(Plot plot, bool logarithmic, (double Low, double High)? scale)
{
    private static readonly MarkerShape[] Shapes =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown,
    ];

    public static bool Shown(double value, bool logarithmic) => double.IsFinite(value) && (!logarithmic || value > 0);

    /// <summary>Adds one series; its place among the others chooses colour and mark where it names none.</summary>
    public void Add(ChartSeries series, int place)
    {
        var colour = ColourOf(series, place);
        switch (series.Style)
        {
            case SeriesStyle.Points:
                AddPoints(series, colour, ShapeOf(series, place));
                break;
            case SeriesStyle.Bars:
                AddBars(series, colour);
                break;
            default:
                AddLines(series, colour);
                break;
        }
    }

    private static Color ColourOf(ChartSeries series, int place) =>
        (series.Colour ?? PictureColours.Palette[place % PictureColours.Palette.Count]).ToScottPlot();

    private static MarkerShape ShapeOf(ChartSeries series, int place) =>
        series.Diamonds ? MarkerShape.FilledDiamond
        : series.Colour is null ? Shapes[place / PictureColours.Palette.Count % Shapes.Length]
        : Shapes[0];

    private double Vertical(double value) => !Shown(value, logarithmic) ? double.NaN : logarithmic ? Math.Log10(value) : value;

    private void AddPoints(ChartSeries series, Color colour, MarkerShape shape)
    {
        var shown = Enumerable.Range(0, series.Y.Count).Where(i => Shown(series.Y[i], logarithmic) && double.IsFinite(series.X[i]));
        var named = false;
        // With a colour scale: one group of marks per step of the scale.
        foreach (var group in shown.GroupBy(i => StepOf(series, i)).OrderBy(group => group.Key))
        {
            var marks = plot.Add.Markers(
                group.Select(i => series.X[i]).ToArray(), group.Select(i => Vertical(series.Y[i])).ToArray(), shape, (float)series.MarkerSize,
                series.Values is null ? colour : ColourScale.AtStep(group.Key).ToScottPlot());
            marks.MarkerStyle.CustomRenderer = new SolidMark(shape);
            marks.MarkerStyle.FillColor = series.Hollow ? Colors.White : marks.MarkerStyle.FillColor;
            marks.MarkerStyle.OutlineColor = series.Hollow ? colour : Colors.White;
            marks.MarkerStyle.OutlineWidth = series.Hollow ? 1.4f : 0.5f;
            marks.LegendText = named ? "" : series.Name;
            named = true;
        }

        AddSpread(series, colour, 0, series.Y.Count);
    }

    private int StepOf(ChartSeries series, int i) => series.Values is { } values && scale is { } range ? ColourScale.StepOf(values[i], range) : 0;

    private void AddBars(ChartSeries series, Color colour)
    {
        var bars = Enumerable.Range(0, series.Y.Count).Where(i => Shown(series.Y[i], logarithmic)).Select(i => new Bar
        {
            Position = series.X[i],
            Value = Vertical(series.Y[i]),
            Size = series.BarWidth,
            FillColor = colour.WithAlpha(0.75),
            LineWidth = 0,
        }).ToArray();
        var added = plot.Add.Bars(bars);
        added.LegendText = series.Name;
        AddSpread(series, Colors.Black, 0, series.Y.Count);
    }

    /// <summary>Adds the band of one series; all bands come before the lines.</summary>
    public void AddBand(ChartSeries series, int place)
    {
        if (series is { Low: { } low, High: { } high } && !logarithmic)
        {
            var shown = Enumerable.Range(0, series.X.Count).Where(i => double.IsFinite(low[i]) && double.IsFinite(high[i])).ToList();
            var band = plot.Add.FillY([.. shown.Select(i => series.X[i])], [.. shown.Select(i => low[i])], [.. shown.Select(i => high[i])]);
            band.FillColor = ColourOf(series, place).WithAlpha(0.18);
            band.LineWidth = 0;
        }
    }

    /// <summary>One scatter per run of finite values; only the first carries the name.</summary>
    private void AddLines(ChartSeries series, Color colour)
    {
        var named = false;
        var start = 0;
        while (start < series.Y.Count)
        {
            var stop = start;
            while (stop < series.Y.Count && Shown(series.Y[stop], logarithmic) && double.IsFinite(series.X[stop]))
            {
                stop++;
            }

            if (stop > start)
            {
                var x = series.X.Skip(start).Take(stop - start).ToArray();
                var line = plot.Add.Scatter(x, series.Y.Skip(start).Take(stop - start).Select(Vertical).ToArray(), colour);
                line.LineWidth = (float)series.LineWidth;
                line.LinePattern = series.Dashed ? LinePattern.Dashed : LinePattern.Solid;
                line.MarkerSize = series.Markers || stop == start + 1 ? (float)series.MarkerSize - 1 : 0;
                line.MarkerStyle.CustomRenderer = new SolidMark(series.Diamonds ? MarkerShape.FilledDiamond : MarkerShape.FilledCircle);
                line.LegendText = named ? "" : series.Name;
                named = true;
                AddSpread(series, colour, start, stop);
            }

            start = stop + 1;
        }
    }

    private void AddSpread(ChartSeries series, Color colour, int start, int stop)
    {
        if (series.Spread is not { } spread || logarithmic)
        {
            return;
        }

        for (var i = start; i < stop; i++)
        {
            if (spread[i] > 0 && double.IsFinite(spread[i]) && double.IsFinite(series.Y[i]))
            {
                var bar = plot.Add.Line(series.X[i], series.Y[i] - spread[i], series.X[i], series.Y[i] + spread[i]);
                bar.LineColor = colour.WithAlpha(0.6);
                bar.LineWidth = 1.2f;
            }
        }
    }
}
