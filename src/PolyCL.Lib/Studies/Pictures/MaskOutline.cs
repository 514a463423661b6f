using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>The outline of a mask as closed curves half-way between inside and outside pixel centres (marching squares at level ½).</summary>
internal static class MaskOutline
{
    /// <summary>One path in pixel units: the centre of pixel (x, y) lies at (x + 0.5, y + 0.5).</summary>
    /// <remarks>Outside the slice counts as outside the mask. Pixels that touch by a corner only stay apart.</remarks>
    public static SKPath Trace(ReadOnlySpan<byte> mask, int height, int width)
    {
        // Directed segments between cell-edge midpoints (inside on the left), keyed by their start; each point starts at most one.
        var next = new Dictionary<(int X, int Y), (int X, int Y)>();
        for (var y = -1; y < height; y++)
        {
            for (var x = -1; x < width; x++)
            {
                var code = (Inside(mask, height, width, x, y) ? 1 : 0) | (Inside(mask, height, width, x + 1, y) ? 2 : 0)
                    | (Inside(mask, height, width, x + 1, y + 1) ? 4 : 0) | (Inside(mask, height, width, x, y + 1) ? 8 : 0);
                AddSegments(next, code, x, y);
            }
        }

        var path = new SKPath { FillType = SKPathFillType.EvenOdd };
        while (next.Count > 0)
        {
            var start = next.First().Key;
            var point = start;
            path.MoveTo(point.X / 2f, point.Y / 2f);
            while (next.Remove(point, out var following) && following != start)
            {
                path.LineTo(following.X / 2f, following.Y / 2f);
                point = following;
            }

            path.Close();
        }

        return path;
    }

    private static bool Inside(ReadOnlySpan<byte> mask, int height, int width, int x, int y) =>
        (uint)x < (uint)width && (uint)y < (uint)height && mask[(y * width) + x] > 0;

    /// <summary>Midpoints in half pixels: top, right, bottom and left edge of the square between four pixel centres.</summary>
    private static void AddSegments(Dictionary<(int X, int Y), (int X, int Y)> next, int code, int x, int y)
    {
        (int X, int Y) top = ((2 * x) + 2, (2 * y) + 1), right = ((2 * x) + 3, (2 * y) + 2);
        (int X, int Y) bottom = ((2 * x) + 2, (2 * y) + 3), left = ((2 * x) + 1, (2 * y) + 2);
        switch (code)
        {
            case 1: next[left] = top; break;
            case 2: next[top] = right; break;
            case 3: next[left] = right; break;
            case 4: next[right] = bottom; break;
            case 5: next[left] = top; next[right] = bottom; break;
            case 6: next[top] = bottom; break;
            case 7: next[left] = bottom; break;
            case 8: next[bottom] = left; break;
            case 9: next[bottom] = top; break;
            case 10: next[top] = right; next[bottom] = left; break;
            case 11: next[bottom] = right; break;
            case 12: next[right] = left; break;
            case 13: next[right] = top; break;
            case 14: next[top] = left; break;
            default: break;
        }
    }
}
