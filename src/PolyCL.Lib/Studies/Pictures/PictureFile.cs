using System.Text;
using System.Text.RegularExpressions;
using PolyCL.Core;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Turns what a drawing function draws into PNG, SVG or PDF.</summary>
internal static partial class PictureFile
{
    /// <summary>Largest side in pixels; a larger picture is a mistake in the arguments.</summary>
    private const int MaximumSide = 32_000;

    private const float PointsPerPixel = 0.75f;

    public static byte[] Png(int width, int height, double scale, Action<SKCanvas> draw)
    {
        Check.InRange(width * scale, 1, MaximumSide, nameof(width));
        Check.InRange(height * scale, 1, MaximumSide, nameof(height));
        var info = new SKImageInfo((int)Math.Round(width * scale), (int)Math.Round(height * scale), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var surface = SKSurface.Create(info)
            ?? throw new InvalidOperationException($"No drawing surface of {info.Width}×{info.Height} pixels could be made.");
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale((float)scale);
        draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public static string Svg(int width, int height, Action<SKCanvas> draw)
    {
        using var buffer = new MemoryStream();
        using (var stream = new SKManagedWStream(buffer))
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(width, height), stream))
        {
            using var white = new SKPaint { Color = SKColors.White };
            canvas.DrawRect(0, 0, width, height, white);
            draw(canvas);
        }

        return OwnIds(Compact(Encoding.UTF8.GetString(buffer.ToArray())));
    }

    /// <summary>The same picture in about a quarter of the bytes where many points are drawn: two decimals, defaults left out, a point's fill and outline in one.</summary>
    /// <remarks>Without the XML declaration, which adds nothing to UTF-8 and which converters of notebooks refuse in text.</remarks>
    private static string Compact(string svg)
    {
        svg = Declaration().Replace(svg, "");
        svg = Tags().Replace(svg, tag => LongNumbers().Replace(tag.Value.Replace(" stroke-miterlimit=\"4\"", "", StringComparison.Ordinal), "$1"));
        return FilledThenOutlined().Replace(Indents().Replace(svg, ""), "<$1 fill=\"$2\" $4$3/>");
    }

    [GeneratedRegex(@"^<\?xml[^>]*\?>\s*")]
    private static partial Regex Declaration();

    // Images hold no decimals, texts stand between tags.
    [GeneratedRegex(@"<(?!image)[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex(@"(?<![\d.])([1-9]\d*\.\d\d)\d+")]
    private static partial Regex LongNumbers();

    [GeneratedRegex(@"(?<=\n)\t+(?=<)")]
    private static partial Regex Indents();

    [GeneratedRegex(@"<(\w+) fill=""([^""]+)"" ([^>]*)/>\n<\1 fill=""none"" (stroke=""[^""]+"" stroke-width=""[^""]+"" )\3/>")]
    private static partial Regex FilledThenOutlined();

    /// <summary>Ids that depend on the picture alone and differ between pictures, so that several can stand in one page.</summary>
    /// <remarks>Skia counts clips through the life of the process and images from 0 in each picture.</remarks>
    private static string OwnIds(string svg)
    {
        var places = Ids().Matches(svg).Select(match => match.Groups[1].Value).Distinct().Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place);
        string Renamed(string prefix) => References().Replace(
            svg, match => places.TryGetValue(match.Groups[2].Value, out var place) ? $"{match.Groups[1].Value}{prefix}{place}{match.Groups[3].Value}" : match.Value);
        return places.Count == 0 ? svg : Renamed($"p{ContentHash.OfText(Renamed("i"))[..12]}-");
    }

    [GeneratedRegex(@"\sid=""(\w+)""")]
    private static partial Regex Ids();

    [GeneratedRegex(@"(\sid=""|url\(#|href=""#)(\w+)(""|\))")]
    private static partial Regex References();

    public static byte[] Pdf(int width, int height, string title, Action<SKCanvas> draw)
    {
        using var buffer = new MemoryStream();
        var about = new SKDocumentPdfMetadata(300) { Title = title, Creator = "PolyCL.NET", Creation = null, Modified = null };
        using (var document = SKDocument.CreatePdf(buffer, about))
        {
            using var canvas = document.BeginPage(width * PointsPerPixel, height * PointsPerPixel);
            canvas.Scale(PointsPerPixel);
            draw(canvas);
            document.EndPage();
            document.Close();
        }

        return buffer.ToArray();
    }
}
