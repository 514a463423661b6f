using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>The small lines at the bottom of a picture that say where it comes from.</summary>
internal static class ProvenanceLine
{
    private const float TextSize = 10;
    private const float Margin = 10;
    private const float Smallest = 6;
    private const int LineHeight = 14;

    /// <summary>Pixels that the lines take.</summary>
    public static int Height(string text) => text.Length == 0 ? 0 : 3 + (LineHeight * text.Split('\n').Length);

    /// <summary>Writes them at the lower right, each smaller where it would not fit, cut off where it still does not.</summary>
    public static void Draw(SKCanvas canvas, string text, int width, int height)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            DrawLine(canvas, lines[i], width, height - 7 - (LineHeight * (lines.Length - 1 - i)));
        }
    }

    private static void DrawLine(SKCanvas canvas, string text, int width, float baseline)
    {
        using var font = PictureFont.At(TextSize);
        using var pale = new SKPaint { Color = new SKColor(90, 90, 90), IsAntialias = true };
        // Widths do not grow evenly with the size: try.
        while (font.Size > Smallest && font.MeasureText(text) > width - (2 * Margin))
        {
            font.Size -= 0.25f;
        }

        while (text.Length > 1 && font.MeasureText(text) > width - (2 * Margin))
        {
            text = text[..^2] + "…";
        }

        canvas.DrawText(text, width - Margin, baseline, SKTextAlign.Right, font, pale);
    }
}
