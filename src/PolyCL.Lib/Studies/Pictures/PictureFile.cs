using PolyCL.Core;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Writes what a drawing function draws as PNG or SVG: complete or not at all.</summary>
internal static class PictureFile
{
    /// <summary>Largest side in pixels; a larger picture is a mistake in the arguments.</summary>
    private const int MaximumSide = 32_000;

    public static void Write(string path, int width, int height, double scale, Action<SKCanvas> draw)
    {
        Check.NotBlank(path);
        Check.InRange(width * scale, 1, MaximumSide, nameof(width));
        Check.InRange(height * scale, 1, MaximumSide, nameof(height));
        switch (Path.GetExtension(path).ToUpperInvariant())
        {
            case ".PNG":
                var png = Png((int)Math.Round(width * scale), (int)Math.Round(height * scale), (float)scale, draw);
                AtomicFile.Write(path, stream => stream.Write(png));
                break;
            case ".SVG":
                var svg = Svg(width, height, draw);
                AtomicFile.Write(path, stream => stream.Write(svg));
                break;
            default:
                throw new ArgumentException($"{path}: a picture is named .png or .svg.", nameof(path));
        }
    }

    private static byte[] Png(int width, int height, float scale, Action<SKCanvas> draw)
    {
        using var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque))
            ?? throw new InvalidOperationException($"No drawing surface of {width}×{height} pixels could be made.");
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale(scale);
        draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Svg(int width, int height, Action<SKCanvas> draw)
    {
        using var buffer = new MemoryStream();
        using (var stream = new SKManagedWStream(buffer))
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(width, height), stream))
        {
            using var white = new SKPaint { Color = SKColors.White };
            canvas.DrawRect(0, 0, width, height, white);
            draw(canvas);
        }

        return buffer.ToArray();
    }
}
