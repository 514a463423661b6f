using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Pictures in rows and columns under one title, with one line of provenance.</summary>
public sealed record PictureGrid : Picture
{
    private const int Gap = 8;
    private const int TitleHeight = 34;

    /// <summary>The pictures, row by row; rows may differ in length.</summary>
    public required IReadOnlyList<IReadOnlyList<Picture>> Rows { get; init; }

    /// <inheritdoc/>
    internal override (int Width, int Height) Measure()
    {
        if (Rows.Count == 0 || Rows.Any(row => row.Count == 0))
        {
            throw new ArgumentException("The grid has no picture or an empty row; give each row at least one.");
        }

        var sizes = Rows.Select(row => row.Select(picture => picture.Measure()).ToList()).ToList();
        var width = sizes.Max(row => row.Sum(size => size.Width) + (Gap * (row.Count - 1)));
        var height = sizes.Sum(row => row.Max(size => size.Height)) + (Gap * (Rows.Count - 1));
        return (width, height + Top + (Provenance.Length > 0 ? ProvenanceLine.Height(Provenance) + 3 : 0));
    }

    private int Top => Title is null ? 0 : TitleHeight;

    /// <inheritdoc/>
    internal override void Draw(SKCanvas canvas, int width, int height)
    {
        if (Title is not null)
        {
            using var font = PictureFont.At(16);
            using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
            canvas.DrawText(Title, width / 2f, 24, SKTextAlign.Center, font, ink);
        }

        var y = Top;
        foreach (var row in Rows)
        {
            var x = 0;
            foreach (var picture in row)
            {
                var (w, h) = picture.Measure();
                canvas.Save();
                canvas.Translate(x, y);
                canvas.ClipRect(SKRect.Create(w, h));
                picture.Draw(canvas, w, h);
                canvas.Restore();
                x += w + Gap;
            }

            y += row.Max(picture => picture.Measure().Height) + Gap;
        }

        ProvenanceLine.Draw(canvas, Provenance, width, height);
    }
}
