using PolyCL.Core;
using ScottPlot;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Lines over a common axis, such as training and validation loss, with axis titles, legend and a line of provenance.</summary>
/// <example>
/// <code>
/// LineChart.Losses("Fine-tuning", "epoch", epochs, training, validation, "run 3f2a, seed 1").Write("loss.svg");
/// </code>
/// </example>
public sealed record LineChart
{
    private const int ProvenanceHeight = 20;
    private static readonly PictureColour[] Palette =
    [
        PictureColour.Blue, PictureColour.Vermillion, PictureColour.BluishGreen, PictureColour.Orange, PictureColour.ReddishPurple,
        PictureColour.SkyBlue, PictureColour.Black,
    ];

    /// <summary>The lines, in the order of the legend.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Title of the horizontal axis, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>Title of the vertical axis, with its unit.</summary>
    public required string YTitle { get; init; }

    /// <summary>A line above the chart, or null.</summary>
    public string? Title { get; init; }

    /// <summary>Where the numbers come from (run, data, seed, profile), written at the bottom.</summary>
    public string Provenance { get; init; } = "";

    /// <summary>True draws the vertical axis in powers of ten; values of 0 or below become gaps.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>Fixed range of the vertical axis, or null to fit the values.</summary>
    public (double Low, double High)? YRange { get; init; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; init => field = Check.InRange(value, 160, 8192, nameof(Width)); } = 720;

    /// <summary>Height in pixels.</summary>
    public int Height { get; init => field = Check.InRange(value, 120, 8192, nameof(Height)); } = 440;

    /// <summary>Pixels of the PNG per pixel of the layout; 2 for print.</summary>
    public double Scale { get; init => field = Check.InRange(value, 0.25, 8, nameof(Scale)); } = 2;

    /// <summary>Training and validation loss over steps or epochs.</summary>
    /// <param name="title">A line above the chart, or null.</param>
    /// <param name="unit">What is counted along the horizontal axis, such as "epoch".</param>
    /// <param name="positions">Positions of the values.</param>
    /// <param name="training">Training loss at each position.</param>
    /// <param name="validation">Validation loss at each position, NaN where it was not taken; null for none.</param>
    /// <param name="provenance">Run, data, seed, profile.</param>
    /// <param name="loss">Title of the vertical axis.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static LineChart Losses(
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

    /// <summary>Writes the chart; the name decides: .png or .svg.</summary>
    /// <exception cref="ArgumentException">The name ends in neither, or no line holds a finite value.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        if (!Series.Any(series => series.Y.Any(Shown)))
        {
            throw new ArgumentException("The chart has no finite value to show; give at least one.", nameof(path));
        }

        PictureFont.Use();
        PictureFile.Write(path, Width, Height, Scale, Draw);
    }

    private bool Shown(double value) => double.IsFinite(value) && (!LogarithmicY || value > 0);

    private double Vertical(double value) => !Shown(value) ? double.NaN : LogarithmicY ? Math.Log10(value) : value;

    private void Draw(SKCanvas canvas)
    {
        using var plot = new Plot();
        for (var i = 0; i < Series.Count; i++)
        {
            AddLines(plot, Series[i], (Series[i].Colour ?? Palette[i % Palette.Length]).ToScottPlot());
        }

        plot.XLabel(XTitle);
        plot.YLabel(YTitle);
        if (Title is not null)
        {
            plot.Title(Title, 16);
        }

        if (LogarithmicY)
        {
            plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
            {
                MinorTickGenerator = new ScottPlot.TickGenerators.LogMinorTickGenerator(),
                IntegerTicksOnly = true,
                LabelFormatter = exponent => Math.Pow(10, exponent).ToString("G3", System.Globalization.CultureInfo.InvariantCulture),
            };
        }

        plot.Axes.AutoScale();
        if (YRange is { } range)
        {
            plot.Axes.SetLimitsY(Vertical(range.Low), Vertical(range.High));
        }

        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.12);
        plot.Legend.Alignment = Alignment.UpperRight;
        plot.Legend.IsVisible = Series.Count > 1;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Font.Set(PictureFont.Name);
        var strip = Provenance.Length > 0 ? ProvenanceHeight : 0;
        plot.Render(canvas, new PixelRect(0, Width, Height - strip, 0));
        using var font = PictureFont.At(10);
        using var pale = new SKPaint { Color = new SKColor(90, 90, 90), IsAntialias = true };
        using var white = new SKPaint { Color = SKColors.White };
        canvas.DrawRect(0, Height - strip, Width, strip, white); // the chart library has cleared the whole canvas to black
        font.Size = Math.Max(6, Math.Min(10, 10 * (Width - 20) / Math.Max(1, font.MeasureText(Provenance))));
        canvas.DrawText(Provenance, Width - 10, Height - 7, SKTextAlign.Right, font, pale);
    }

    /// <summary>One scatter per run of finite values; only the first carries the name.</summary>
    private void AddLines(Plot plot, ChartSeries series, Color colour)
    {
        var named = false;
        var start = 0;
        while (start < series.Y.Count)
        {
            var stop = start;
            while (stop < series.Y.Count && Shown(series.Y[stop]) && double.IsFinite(series.X[stop]))
            {
                stop++;
            }

            if (stop > start)
            {
                var x = series.X.Skip(start).Take(stop - start).ToArray();
                var line = plot.Add.Scatter(x, series.Y.Skip(start).Take(stop - start).Select(Vertical).ToArray(), colour);
                line.LineWidth = 1.8f;
                line.LinePattern = series.Dashed ? LinePattern.Dashed : LinePattern.Solid;
                line.MarkerSize = series.Markers || stop == start + 1 ? 5 : 0;
                line.LegendText = named ? "" : series.Name;
                named = true;
                AddSpread(plot, series, colour, start, stop);
            }

            start = stop + 1;
        }
    }

    private void AddSpread(Plot plot, ChartSeries series, Color colour, int start, int stop)
    {
        if (series.Spread is not { } spread || LogarithmicY)
        {
            return;
        }

        for (var i = start; i < Math.Min(stop, spread.Count); i++)
        {
            if (spread[i] > 0 && double.IsFinite(spread[i]))
            {
                var bar = plot.Add.Line(series.X[i], series.Y[i] - spread[i], series.X[i], series.Y[i] + spread[i]);
                bar.LineColor = colour.WithAlpha(0.6);
                bar.LineWidth = 1.2f;
            }
        }
    }
}
