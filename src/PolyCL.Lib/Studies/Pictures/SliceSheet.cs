using PolyCL.Core;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>A sheet of grey slices in rows and columns with mask outlines, headings, a legend and a line of provenance.</summary>
/// <example>
/// <code>
/// var cell = new SheetCell(pixels, 256, 256) { Masks = [MaskLayer.Truth(truth), MaskLayer.Prediction(mask)], Caption = "Dice 0.91" };
/// new SliceSheet { Rows = [[cell]], ColumnHeadings = ["slice 41"], Provenance = "site A, seed 1" }.Write("sheet.png");
/// </code>
/// </example>
public sealed record SliceSheet : Picture
{
    private const float Gap = 4;
    private const float Margin = 10;
    private const float TextSize = 12;
    private const float CaptionSize = 11;
    private const float LineHeight = 17;

    /// <summary>Creates a sheet whose PNG has the layout's own size.</summary>
    public SliceSheet() => Scale = 1;

    /// <summary>Cells, row by row; rows may differ in length, null leaves a place empty.</summary>
    public required IReadOnlyList<IReadOnlyList<SheetCell?>> Rows { get; init; }

    /// <summary>One text per row, written upwards at the left; empty for none.</summary>
    public IReadOnlyList<string> RowHeadings { get; init; } = [];

    /// <summary>One text per column; empty for none.</summary>
    public IReadOnlyList<string> ColumnHeadings { get; init; } = [];

    /// <summary>Width of a cell, pixels; each slice is fitted into the cell without distortion.</summary>
    public int CellWidth { get; init => field = Check.InRange(value, 16, 2048, nameof(CellWidth)); } = 224;

    /// <summary>Height of a cell, pixels.</summary>
    public int CellHeight { get; init => field = Check.InRange(value, 16, 2048, nameof(CellHeight)); } = 224;

    private int Columns => Rows.Max(row => row.Count);

    private float Left => Margin + (RowHeadings.Count > 0 ? LineHeight + 2 : 0);

    private float Top => Margin + (Title is null ? 0 : LineHeight + 6) + (ColumnHeadings.Count > 0 ? LineHeight : 0);

    private float CaptionHeight => Rows.Any(row => row.Any(cell => cell?.Caption is not null)) ? LineHeight : 0;

    private float Bottom => Margin + (Legend.Count > 0 ? LineHeight + 2 : 0) + ProvenanceLine.Height(Provenance);

    private List<(string Name, PictureColour Colour)> Legend =>
        [.. Rows.SelectMany(row => row).OfType<SheetCell>()
            .SelectMany(cell => cell.Masks.Select(mask => (mask.Name, mask.Colour)).Concat(cell.Boxes.Select(box => (box.Name, box.Colour))))
            .Distinct()];

    /// <inheritdoc/>
    internal override (int Width, int Height) Measure()
    {
        if (Rows.Count == 0 || Columns == 0)
        {
            throw new ArgumentException("The sheet has no slice; give at least one row with one cell.");
        }

        return (
            (int)Math.Ceiling(Left + (Columns * (CellWidth + Gap)) - Gap + Margin),
            (int)Math.Ceiling(Top + (Rows.Count * (CellHeight + CaptionHeight + Gap)) - Gap + Bottom));
    }

    /// <inheritdoc/>
    internal override void Draw(SKCanvas canvas, int width, int height)
    {
        using var font = PictureFont.At(TextSize);
        using var small = PictureFont.At(CaptionSize);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        if (Title is not null)
        {
            using var large = PictureFont.At(TextSize + 2);
            canvas.DrawText(Title, Left, Margin + LineHeight - 4, SKTextAlign.Left, large, ink);
        }

        for (var column = 0; column < Math.Min(Columns, ColumnHeadings.Count); column++)
        {
            canvas.DrawText(ColumnHeadings[column], Left + (column * (CellWidth + Gap)) + (CellWidth / 2f), Top - 5, SKTextAlign.Center, font, ink);
        }

        for (var row = 0; row < Rows.Count; row++)
        {
            var y = Top + (row * (CellHeight + CaptionHeight + Gap));
            if (row < RowHeadings.Count)
            {
                canvas.Save();
                canvas.Translate(Margin + TextSize, y + (CellHeight / 2f));
                canvas.RotateDegrees(-90);
                canvas.DrawText(RowHeadings[row], 0, 0, SKTextAlign.Center, font, ink);
                canvas.Restore();
            }

            for (var column = 0; column < Rows[row].Count; column++)
            {
                if (Rows[row][column] is { } cell)
                {
                    var x = Left + (column * (CellWidth + Gap));
                    var box = SKRect.Create(x, y, CellWidth, CellHeight);
                    DrawCell(canvas, cell, box);
                    DrawFrame(canvas, cell, box);
                    canvas.DrawText(cell.Caption ?? "", x + (CellWidth / 2f), y + CellHeight + CaptionSize + 1, SKTextAlign.Center, small, ink);
                }
            }
        }

        var left = Left;
        var bottom = height - Margin - ProvenanceLine.Height(Provenance);
        foreach (var (name, colour) in Legend)
        {
            using var swatch = new SKPaint { Color = colour.ToSkia(), IsAntialias = true };
            canvas.DrawRect(left, bottom - CaptionSize, CaptionSize, CaptionSize, swatch);
            canvas.DrawText(name, left + CaptionSize + 4, bottom - 1, SKTextAlign.Left, small, ink);
            left += CaptionSize + 18 + small.MeasureText(name);
        }

        ProvenanceLine.Draw(canvas, Provenance, width, height);
    }

    private static void DrawCell(SKCanvas canvas, SheetCell cell, SKRect box)
    {
        using var black = new SKPaint { Color = SKColors.Black };
        canvas.DrawRect(box, black);
        var zoom = (float)Math.Min(box.Width / cell.Width, box.Height / (cell.Height * cell.PixelAspect));
        var zoomY = (float)(zoom * cell.PixelAspect);
        canvas.Save();
        canvas.ClipRect(box);
        canvas.Translate(box.MidX - (cell.Width * zoom / 2), box.MidY - (cell.Height * zoomY / 2));
        var sampling = zoom < 1 ? new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear) : new SKSamplingOptions(SKCubicResampler.Mitchell);
        using (var image = GreyImage(cell))
        {
            canvas.DrawImage(image, SKRect.Create(cell.Width * zoom, cell.Height * zoomY), sampling);
        }

        foreach (var layer in cell.Masks)
        {
            using var outline = MaskOutline.Trace(layer.Mask.Span, cell.Height, cell.Width);
            using var path = new SKPath(outline);
            path.Transform(SKMatrix.CreateScale(zoom, zoomY));
            if (layer.Fill > 0)
            {
                using var tint = new SKPaint { Color = layer.Colour.ToSkia().WithAlpha((byte)Math.Round(255 * Math.Min(1, layer.Fill))), IsAntialias = true };
                canvas.DrawPath(path, tint);
            }

            if (layer.Outline)
            {
                using var pen = new SKPaint
                {
                    Color = layer.Colour.ToSkia(),
                    IsAntialias = true,
                    IsStroke = true,
                    StrokeWidth = 1.3f,
                    StrokeJoin = SKStrokeJoin.Round,
                };
                canvas.DrawPath(path, pen);
            }
        }

        foreach (var layer in cell.Boxes)
        {
            using var pen = new SKPaint { Color = layer.Colour.ToSkia(), IsAntialias = true, IsStroke = true, StrokeWidth = 1.6f };
            var (left, top, right, bottom) = ((float)layer.Box.XMin, (float)layer.Box.YMin, (float)layer.Box.XMax + 1, (float)layer.Box.YMax + 1);
            canvas.DrawRect(new SKRect(left * zoom, top * zoomY, right * zoom, bottom * zoomY), pen);
        }

        canvas.Restore();
    }

    private static void DrawFrame(SKCanvas canvas, SheetCell cell, SKRect box)
    {
        if (cell.Frame is { } colour)
        {
            using var pen = new SKPaint { Color = colour.ToSkia(), IsStroke = true, StrokeWidth = 3 };
            box.Inflate(-1.5f, -1.5f);
            canvas.DrawRect(box, pen);
        }
    }

    private static SKImage GreyImage(SheetCell cell)
    {
        var bytes = new byte[cell.Pixels.Length];
        var pixels = cell.Pixels.Span;
        for (var i = 0; i < bytes.Length; i++)
        {
            // The order of the comparisons sends NaN to black.
            bytes[i] = pixels[i] > 0 ? (byte)MathF.Round(255 * MathF.Min(1, pixels[i])) : (byte)0;
        }

        return SKImage.FromPixelCopy(new SKImageInfo(cell.Width, cell.Height, SKColorType.Gray8, SKAlphaType.Opaque), bytes);
    }
}
