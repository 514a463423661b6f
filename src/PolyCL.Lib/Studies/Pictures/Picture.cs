using System.Text;
using PolyCL.Core;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>A picture as a plain value: it says what to draw and is drawn on request, without browser or network.</summary>
/// <remarks>SVG and PDF are vectors with selectable text in the embedded font; equal pictures give equal bytes.</remarks>
public abstract record Picture
{
    /// <summary>A line above everything, or null.</summary>
    public string? Title { get; init; }

    /// <summary>Where the picture comes from (profile, data, seed, run), written small at the bottom, line by line; never empty in a study.</summary>
    public string Provenance { get; init; } = "";

    /// <summary>Pixels of the PNG per pixel of the layout; 2 for print.</summary>
    public double Scale { get; init => field = Check.InRange(value, 0.25, 8, nameof(Scale)); } = 2;

    /// <summary>Writes the picture, whole or not at all; the name decides: .png, .svg or .pdf.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw, the name ends in none of these, or the picture would exceed 32,000 pixels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        var bytes = Path.GetExtension(Check.NotBlank(path)).ToUpperInvariant() switch
        {
            ".PNG" => ToPng(),
            ".SVG" => Encoding.UTF8.GetBytes(ToSvg()),
            ".PDF" => ToPdf(),
            _ => throw new ArgumentException($"{path}: a picture is named .png, .svg or .pdf.", nameof(path)),
        };
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The picture as PNG, <see cref="Scale"/> times its size.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw, or the picture would exceed 32,000 pixels.</exception>
    public byte[] ToPng() => ToPng(Scale);

    /// <summary>The picture as PNG, so many times its size whatever its <see cref="Scale"/>.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw, or the picture would exceed 32,000 pixels.</exception>
    public byte[] ToPng(double scale)
    {
        var (width, height) = Measure();
        return PictureFile.Png(width, height, scale, canvas => Draw(canvas, width, height));
    }

    /// <summary>The picture as SVG.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw.</exception>
    public string ToSvg()
    {
        var (width, height) = Measure();
        return PictureFile.Svg(width, height, canvas => Draw(canvas, width, height));
    }

    /// <summary>The picture as a one-page PDF of its size at 96 pixels an inch.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw.</exception>
    public byte[] ToPdf()
    {
        var (width, height) = Measure();
        return PictureFile.Pdf(width, height, Title ?? "", canvas => Draw(canvas, width, height));
    }

    /// <summary>Width and height of the layout in pixels.</summary>
    /// <exception cref="ArgumentException">There is nothing to draw.</exception>
    public (int Width, int Height) Size() => Measure();

    /// <inheritdoc cref="Size"/>
    internal abstract (int Width, int Height) Measure();

    /// <summary>Draws within (0, 0) to (width, height).</summary>
    internal abstract void Draw(SKCanvas canvas, int width, int height);
}
