using System.Globalization;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>The scale that turns numbers into colours: Viridis, which grows evenly in lightness and is read with any colour vision.</summary>
internal static class ColourScale
{
    /// <summary>Colours that are told apart; more would not be seen.</summary>
    private const int Steps = 24;

    private const float BarWidth = 12;
    private static readonly ScottPlot.Colormaps.Viridis Map = new ScottPlot.Colormaps.Viridis();

    /// <summary>The step of a value; outside values go to the ends, what is not a number to the low one.</summary>
    public static int StepOf(double value, (double Low, double High) range) =>
        range.High > range.Low && double.IsFinite(value)
            ? (int)Math.Clamp(Steps * (value - range.Low) / (range.High - range.Low), 0, Steps - 1)
            : 0;

    /// <summary>The colour of a step.</summary>
    public static SKColor AtStep(int step)
    {
        var colour = Map.GetColor((step + 0.5) / Steps);
        return new SKColor(colour.R, colour.G, colour.B);
    }

    /// <summary>The bar with its ends and middle in numbers, and its title upwards at the right.</summary>
    public static void Draw(SKCanvas canvas, SKRect box, (double Low, double High) range, string title)
    {
        using var font = PictureFont.At(11);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        var step = box.Height / Steps;
        for (var i = 0; i < Steps; i++)
        {
            using var fill = new SKPaint { Color = AtStep(i) };
            canvas.DrawRect(box.Left + 4, box.Bottom - ((i + 1) * step), BarWidth, step + 0.5f, fill);
        }

        foreach (var share in new[] { 0f, 0.5f, 1f })
        {
            var text = (range.Low + (share * (range.High - range.Low))).ToString("G3", CultureInfo.InvariantCulture);
            canvas.DrawText(text, box.Left + BarWidth + 8, box.Bottom - (share * box.Height) + 4, SKTextAlign.Left, font, ink);
        }

        canvas.Save();
        canvas.Translate(box.Right - 8, box.MidY);
        canvas.RotateDegrees(-90);
        canvas.DrawText(title, 0, 0, SKTextAlign.Center, font, ink);
        canvas.Restore();
    }
}
