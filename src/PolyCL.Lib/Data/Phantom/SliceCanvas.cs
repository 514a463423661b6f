using System.Numerics;

namespace PolyCL.Data.Phantom;

/// <summary>One slice under construction: shapes in mm are painted over one another with exact edge coverage.</summary>
/// <remarks>Positions are mm with x to the patient's left and y to the back; pixel (0, 0) is front right. Not thread-safe: one per thread.</remarks>
internal sealed class SliceCanvas
{
    private readonly float left;
    private readonly float top;
    private readonly float[] crossings;
    private readonly Dictionary<float, TexturePlane> textures = [];
    private Vector3 textureShift;
    private float textureZ;

    public SliceCanvas(int width, int height, float left, float top, float step)
    {
        (Width, Height, this.left, this.top, Step) = (width, height, left, top, step);
        Hu = new float[width * height];
        Tissue = new byte[Hu.Length];
        Cavity = new float[Hu.Length];
        Abdomen = new float[Hu.Length];
        Liver = new float[Hu.Length];
        Chest = new float[Hu.Length];
        Lung = new float[Hu.Length];
        Wall = new float[Hu.Length];
        Distance = new DistancePlane(this);
        crossings = new float[(width + 2) * height];
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Pixel size, mm.</summary>
    public float Step { get; }

    /// <summary>Height of the slice, mm.</summary>
    public float Z { get; private set; }

    public float[] Hu { get; }

    public byte[] Tissue { get; }

    /// <summary>Share of each pixel inside the body wall.</summary>
    public float[] Cavity { get; }

    /// <summary>Share of each pixel inside the body wall and below the diaphragm.</summary>
    public float[] Abdomen { get; }

    /// <summary>Share of each pixel inside the body wall and above the diaphragm.</summary>
    public float[] Chest { get; }

    /// <summary>Share of each pixel inside the muscles of the wall or the cavity.</summary>
    public float[] Wall { get; }

    /// <summary>Share of each pixel in the lungs.</summary>
    public float[] Lung { get; }

    /// <summary>Share of each pixel covered by liver when it was painted.</summary>
    public float[] Liver { get; }

    /// <summary>Room for shapes given by their distance.</summary>
    public DistancePlane Distance { get; }

    /// <summary>Starts a section at <paramref name="z"/>; sections of one slice share the textures of height <paramref name="middle"/>.</summary>
    public void Begin(float z, float middle, Vector3 shift)
    {
        Z = z;
        if (middle != textureZ || shift != textureShift)
        {
            textures.Clear();
            (textureZ, textureShift) = (middle, shift);
        }

        Array.Fill(Hu, -1000);
        Array.Clear(Tissue);
        Array.Clear(Cavity);
        Array.Clear(Abdomen);
        Array.Clear(Liver);
        Array.Clear(Chest);
        Array.Clear(Lung);
        Array.Clear(Wall);
    }

    public float X(int column) => left + ((column + 0.5f) * Step);

    public float Y(int row) => top + ((row + 0.5f) * Step);

    public int Column(float x) => Math.Clamp((int)MathF.Floor((x - left) / Step), 0, Width - 1);

    public int Row(float y) => Math.Clamp((int)MathF.Floor((y - top) / Step), 0, Height - 1);

    /// <summary>Records how much of each pixel a closed polygon covers, without painting.</summary>
    public void Cover(ReadOnlySpan<Vector2> polygon, float[] record)
    {
        if (!Trace(polygon, out var columns, out var rows))
        {
            return;
        }

        for (var row = rows.First; row <= rows.Last; row++)
        {
            var line = crossings.AsSpan(row * (Width + 2), Width + 2);
            var sum = 0f;
            for (var column = columns.First; column <= columns.Last; column++)
            {
                sum += line[column];
                record[(row * Width) + column] = Math.Min(1, MathF.Abs(sum));
            }

            line.Clear();
        }
    }

    /// <summary>
    /// Fills a closed polygon, limited to a plane of shares when one is given and left out where a later shape hides it; may record its coverage.
    /// </summary>
    public void Fill(ReadOnlySpan<Vector2> polygon, in Paint paint, float[]? limit = null, float[]? record = null, float[]? hidden = null)
    {
        if (!Trace(polygon, out var columns, out var rows))
        {
            return;
        }

        var brush = Load(paint);
        for (var row = rows.First; row <= rows.Last; row++)
        {
            var line = crossings.AsSpan(row * (Width + 2), Width + 2);
            var sum = 0f;
            for (var column = columns.First; column <= columns.Last; column++)
            {
                sum += line[column];
                var share = Math.Min(1, MathF.Abs(sum));
                var at = (row * Width) + column;
                if (share > 1e-3f && (hidden is null || hidden[at] < 1))
                {
                    share *= limit?[at] ?? 1;
                    if (record is not null)
                    {
                        record[at] = Math.Max(record[at], share);
                    }

                    Mix(at, column, row, share, brush);
                }
            }

            line.Clear();
        }
    }

    /// <summary>The texture of a grain at this slice.</summary>
    public TexturePlane Texture(float grain)
    {
        if (!textures.TryGetValue(grain, out var plane))
        {
            textures[grain] = plane = new TexturePlane(grain, textureShift, textureZ);
        }

        return plane;
    }

    /// <summary>Makes paint ready for this slice.</summary>
    public Brush Load(in Paint paint) => new(
        paint, paint.Texture != 0 ? Texture(paint.Grain) : null, paint.Ridge != 0 ? Texture(10.5f) : null);

    /// <summary>Mixes paint into one pixel.</summary>
    public void Mix(int at, int column, int row, float share, in Brush brush)
    {
        var value = brush.Hu;
        if (brush.Textured)
        {
            value = brush.ValueAt(X(column), Y(row));
        }

        Hu[at] += (value - Hu[at]) * share * brush.Opacity;
        if (share > 0.5f && brush.Tissue < 255)
        {
            Tissue[at] = brush.Tissue;
        }
    }

    /// <summary>Sums the signed area that each edge leaves to its right, pixel by pixel (as in scan conversion of glyphs).</summary>
    private bool Trace(ReadOnlySpan<Vector2> polygon, out (int First, int Last) columns, out (int First, int Last) rows)
    {
        float x0 = float.MaxValue, x1 = float.MinValue, y0 = float.MaxValue, y1 = float.MinValue;
        foreach (var p in polygon)
        {
            (x0, x1) = (Math.Min(x0, p.X), Math.Max(x1, p.X));
            (y0, y1) = (Math.Min(y0, p.Y), Math.Max(y1, p.Y));
        }

        columns = (Column(x0), Column(x1));
        rows = (Row(y0), Row(y1));
        if (polygon.Length < 3 || x1 < left || y1 < top || x0 > left + (Width * Step) || y0 > top + (Height * Step))
        {
            return false;
        }

        var origin = new Vector2(left, top);
        var previous = (polygon[^1] - origin) / Step;
        foreach (var point in polygon)
        {
            var next = (point - origin) / Step;
            Edge(previous, next);
            previous = next;
        }

        return true;
    }

    private void Edge(Vector2 a, Vector2 b)
    {
        if (a.Y == b.Y)
        {
            return;
        }

        var sign = a.Y < b.Y ? 1f : -1f;
        var (upper, lower) = a.Y < b.Y ? (a, b) : (b, a);
        var slope = (lower.X - upper.X) / (lower.Y - upper.Y);
        var first = Math.Max(0, (int)MathF.Floor(upper.Y));
        var last = Math.Min(Height - 1, (int)MathF.Ceiling(lower.Y) - 1);
        for (var row = first; row <= last; row++)
        {
            float from = Math.Max(row, upper.Y), to = Math.Min(row + 1, lower.Y);
            if (to <= from)
            {
                continue;
            }

            var weight = sign * (to - from);
            var start = Math.Clamp(upper.X + ((from - upper.Y) * slope), 0, Width);
            var end = Math.Clamp(upper.X + ((to - upper.Y) * slope), 0, Width);
            Spread(crossings.AsSpan(row * (Width + 2), Width + 2), Math.Min(start, end), Math.Max(start, end), weight);
        }
    }

    /// <summary>Adds a crossing that runs from x0 to x1 in this row: coverage ramps over the pixels in between.</summary>
    private static void Spread(Span<float> line, float x0, float x1, float weight)
    {
        int c0 = (int)x0, c1 = (int)x1;
        if (c0 == c1)
        {
            var inside = 1 - (((x0 + x1) / 2) - c0);
            line[c0] += weight * inside;
            line[c0 + 1] += weight * (1 - inside);
            return;
        }

        // The covered share right of the crossing, integrated exactly: F(c) = area of column c that lies right of the line.
        var length = x1 - x0;
        var previous = 0f;
        for (var c = c0; c <= c1; c++)
        {
            float from = Math.Max(x0, c), to = Math.Min(x1, c + 1);
            var before = (from - x0) / length;
            var within = (to - from) / length;
            var area = before + (within * ((c + 1) - ((from + to) / 2)));
            line[c] += weight * (area - previous);
            previous = area;
        }

        line[c1 + 1] += weight * (1 - previous);
    }
}
