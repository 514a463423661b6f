using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>The small line at the bottom of a picture that says where it comes from.</summary>
internal static class ProvenanceLine
{
    private const float TextSize = 10;
    private const float Margin = 10;
    private const float Smallest = 6;

    /// <summary>Writes it at the lower right, smaller where it would not fit, cut off where it still does not.</summary>
    public static void Draw(SKCanvas canvas, string text, int width, int height)
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

        canvas.DrawText(text, width - Margin, height - 7, SKTextAlign.Right, font, pale);
    }
}
