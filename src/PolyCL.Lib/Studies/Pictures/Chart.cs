using System.Globalization;
using PolyCL.Core;
using ScottPlot;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Where a chart's legend stands.</summary>
public enum LegendPlace
{
    /// <summary>In the upper right corner.</summary>
    UpperRight,

    /// <summary>In the lower right corner.</summary>
    LowerRight,

    /// <summary>In the upper left corner.</summary>
    UpperLeft,

    /// <summary>Beside the axes, at the right.</summary>
    Outside,

    /// <summary>Nowhere.</summary>
    None,
}

/// <summary>Lines, points and bars over common axes, with axis titles, legend and a line of provenance.</summary>
/// <example>
/// <code>
/// Chart.Losses("Fine-tuning", "epoch", epochs, training, validation, "run 3f2a, seed 1").Write("loss.svg");
/// </code>
/// </example>
public sealed record Chart : Picture
{
    private const int ScaleWidth = 74;
    private const double TickDensity = 0.6;

    /// <summary>The series, in the order of the legend.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Title of the horizontal axis, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>Title of the vertical axis, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>True draws the vertical axis in powers of ten; values of 0 or below become gaps.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>Fixed range of the horizontal axis, or null to fit the values.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>Fixed range of the vertical axis, or null to fit the values.</summary>
    public (double Low, double High)? YRange { get; init; }

    /// <summary>Texts at 0, 1, 2 … of the horizontal axis in place of numbers, or empty.</summary>
    public IReadOnlyList<string> XCategories { get; init; } = [];

    /// <summary>Texts at 0, 1, 2 … of the vertical axis, from below, in place of numbers, or empty.</summary>
    public IReadOnlyList<string> YCategories { get; init; } = [];

    /// <summary>Title of the colour scale of series with <see cref="ChartSeries.Values"/>, with its unit.</summary>
    public string? ScaleTitle { get; init; }

    /// <summary>Where the legend stands; it is left away for one named series.</summary>
    public LegendPlace Legend { get; init; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; init => field = Check.InRange(value, 160, 8192, nameof(Width)); } = 720;

    /// <summary>Height in pixels.</summary>
    public int Height { get; init => field = Check.InRange(value, 120, 8192, nameof(Height)); } = 440;

    /// <summary>Lowest and highest value on the colour scale, or null without one.</summary>
    public (double Low, double High)? ScaleRange
    {
        get
        {
            var values = Series.SelectMany(series => series.Values ?? []).Where(double.IsFinite).ToList();
            return values.Count > 0 ? (values.Min(), values.Max()) : null;
        }
    }

    /// <summary>Training and validation loss over steps or epochs.</summary>
    /// <param name="title">A line above the chart, or null.</param>
    /// <param name="unit">What is counted along the horizontal axis, such as "epoch".</param>
    /// <param name="positions">Positions of the values.</param>
    /// <param name="training">Training loss at each position.</param>
    /// <param name="validation">Validation loss at each position, NaN where it was not taken; null for none.</param>
    /// <param name="provenance">Run, data, seed, profile.</param>
    /// <param name="loss">Title of the vertical axis.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static Chart Losses(
        string? title,
        string unit,
        IReadOnlyList<double> positions,
        IReadOnlyList<double> training,
        IReadOnlyList<double>? validation,
        string provenance,
        string loss = "loss") => new()
        {
            Title = title,
            XTitle = unit,
            YTitle = loss,
            Provenance = provenance,
            Series = validation is null
            ? [new ChartSeries("training", positions, training)]
            : [new ChartSeries("training", positions, training), Taken("validation", positions, validation)],
        };

    /// <summary>The values that were taken, joined across those that were not.</summary>
    private static ChartSeries Taken(string name, IReadOnlyList<double> positions, IReadOnlyList<double> values)
    {
        var all = new ChartSeries(name, positions, values);
        var taken = Enumerable.Range(0, values.Count).Where(i => double.IsFinite(values[i])).ToList();
        return new ChartSeries(name, [.. taken.Select(i => all.X[i])], [.. taken.Select(i => all.Y[i])]) { Markers = true };
    }

    /// <inheritdoc/>
    internal override (int Width, int Height) Measure() =>
        Series.Any(series => series.Y.Any(y => SeriesDrawing.Shown(y, LogarithmicY)))
            ? (Width, Height)
            : throw new ArgumentException("The chart has no finite value to show; give at least one.");

    /// <inheritdoc/>
    internal override void Draw(SKCanvas canvas, int width, int height)
    {
        PictureFont.Use();
        using var plot = new Plot();
        var drawing = new SeriesDrawing(plot, LogarithmicY, ScaleRange);
        for (var i = 0; i < Series.Count; i++)
        {
            drawing.AddBand(Series[i], i);
        }

        for (var i = 0; i < Series.Count; i++)
        {
            drawing.Add(Series[i], i);
        }

        Label(plot);
        var strip = Provenance.Length > 0 ? ProvenanceLine.Height(Provenance) + 3 : 0;
        var right = ScaleRange is null ? width : width - ScaleWidth;
        using (var white = new SKPaint { Color = SKColors.White })
        {
            // The chart library clears all it may draw on, to black: it gets no more than its own place.
            canvas.Save();
            canvas.ClipRect(SKRect.Create(right, height - strip));
            plot.Render(canvas, new PixelRect(0, right, height - strip, 0));
            canvas.Restore();
            canvas.DrawRect(right, 0, width - right, height, white);
            canvas.DrawRect(0, height - strip, width, strip, white);
        }

        if (ScaleRange is { } range)
        {
            ColourScale.Draw(canvas, SKRect.Create(right, 40, ScaleWidth, height - strip - 100), range, ScaleTitle ?? "");
        }

        ProvenanceLine.Draw(canvas, Provenance, width, height);
    }

    private void Label(Plot plot)
    {
        plot.XLabel(XTitle, 13);
        plot.YLabel(YTitle, 13);
        if (Title is not null)
        {
            plot.Title(Title, 15);
        }

        foreach (var axis in new ScottPlot.TickGenerators.NumericAutomatic?[]
            { plot.Axes.Bottom.TickGenerator as ScottPlot.TickGenerators.NumericAutomatic, plot.Axes.Left.TickGenerator as ScottPlot.TickGenerators.NumericAutomatic })
        {
            if (axis is not null)
            {
                axis.TickDensity = TickDensity;
            }
        }

        if (plot.Axes.Bottom.TickGenerator is ScottPlot.TickGenerators.NumericAutomatic bottom && Series.All(series => series.X.All(double.IsInteger)))
        {
            bottom.IntegerTicksOnly = true;                              // epochs and counts have no halves
            plot.Axes.Bottom.MinorTickStyle.Length = 0;
        }

        if (LogarithmicY)
        {
            plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
            {
                MinorTickGenerator = new ScottPlot.TickGenerators.LogMinorTickGenerator(),
                IntegerTicksOnly = true,
                LabelFormatter = exponent => Math.Pow(10, exponent).ToString("G3", CultureInfo.InvariantCulture),
            };
        }

        if (XCategories.Count > 0)
        {
            Name(plot.Axes.Bottom, XCategories);
            plot.Grid.XAxisStyle.IsVisible = false;
        }

        if (YCategories.Count > 0)
        {
            Name(plot.Axes.Left, YCategories);
        }

        plot.Axes.AutoScale();
        if (XRange is { } x)
        {
            plot.Axes.SetLimitsX(x.Low, x.High);
        }

        if (YRange is { } y)
        {
            plot.Axes.SetLimitsY(LogarithmicY ? Math.Log10(y.Low) : y.Low, LogarithmicY ? Math.Log10(y.High) : y.High);
        }

        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Right.FrameLineStyle.IsVisible = false;
        plot.Axes.Top.FrameLineStyle.IsVisible = false;
        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.12);
        plot.Legend.Alignment = Legend switch
        {
            LegendPlace.LowerRight => Alignment.LowerRight,
            LegendPlace.UpperLeft => Alignment.UpperLeft,
            _ => Alignment.UpperRight,
        };
        plot.Legend.IsVisible = Legend != LegendPlace.None && Series.Count(series => series.Name.Length > 0) > 1;
        if (plot.Legend.IsVisible && Legend == LegendPlace.Outside)
        {
            plot.ShowLegend(Edge.Right);
        }

        plot.Legend.FontSize = 12;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.White.WithAlpha(0.85);
        plot.Font.Set(PictureFont.Name);
    }

    private static void Name(IAxis axis, IReadOnlyList<string> categories)
    {
        axis.SetTicks([.. Enumerable.Range(0, categories.Count).Select(i => (double)i)], [.. categories]);
        axis.MajorTickStyle.Length = 0;
    }
}
