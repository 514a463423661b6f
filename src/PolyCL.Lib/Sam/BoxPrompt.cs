namespace PolyCL.Sam;

/// <summary>A box round an area, in pixels of the slice; pixel centres at whole numbers, so the maxima are the last pixels inside.</summary>
/// <param name="XMin">First column.</param>
/// <param name="YMin">First row.</param>
/// <param name="XMax">Last column.</param>
/// <param name="YMax">Last row.</param>
public readonly record struct BoxPrompt(double XMin, double YMin, double XMax, double YMax)
{
    /// <summary>The boxes of a coarse mask (paper eqs. 6–7).</summary>
    /// <param name="mask">height × width; what is not 0 is foreground.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="rule">One box in all, or one for each component.</param>
    /// <param name="margin">Pixels by which each box grows on all sides; it ends at the slice's edge.</param>
    /// <returns>The boxes, in the order of their first pixels; none for an empty mask.</returns>
    /// <exception cref="ArgumentException">The mask has another length.</exception>
    public static IReadOnlyList<BoxPrompt> Of(
        ReadOnlySpan<byte> mask, int height, int width, BoxRule rule = BoxRule.OnePerSlice, double margin = 0)
    {
        if (mask.Length != (long)height * width)
        {
            throw new ArgumentException($"A mask of {height}×{width} has {(long)height * width} pixels; {mask.Length} were given.", nameof(mask));
        }

        var components = rule == BoxRule.OnePerComponent ? MaskComponents.Of(mask, height, width) : null;
        List<BoxPrompt> boxes = [];
        for (var pixel = 0; pixel < mask.Length; pixel++)
        {
            if (mask[pixel] == 0)
            {
                continue;
            }

            var number = components is null ? 0 : components.Labels[pixel] - 1;
            var (y, x) = Math.DivRem(pixel, width);
            if (number == boxes.Count)
            {
                boxes.Add(new BoxPrompt(x, y, x, y));
            }
            else
            {
                var box = boxes[number];
                boxes[number] = new BoxPrompt(Math.Min(box.XMin, x), box.YMin, Math.Max(box.XMax, x), y);
            }
        }

        return [.. boxes.Select(box => box.Grown(margin, height, width))];
    }

    private BoxPrompt Grown(double margin, int height, int width) => new(
        Math.Max(XMin - margin, 0), Math.Max(YMin - margin, 0), Math.Min(XMax + margin, width - 1), Math.Min(YMax + margin, height - 1));
}
