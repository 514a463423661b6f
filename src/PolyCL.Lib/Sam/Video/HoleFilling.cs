namespace PolyCL.Sam.Video;

/// <summary>Fills small holes of a mask of logits, as the official predictor does with its compiled extension.</summary>
internal static class HoleFilling
{
    /// <summary>Logit of a filled pixel.</summary>
    private const float Filled = 0.1f;

    /// <summary>Gives each background component (8-connected, logits of 0 and below) of at most <paramref name="area"/> pixels the logit 0.1.</summary>
    public static void Fill(Span<float> logits, int height, int width, int area)
    {
        var seen = new bool[height * width];
        var component = new List<int>();
        for (var start = 0; start < seen.Length; start++)
        {
            if (seen[start] || logits[start] > 0)
            {
                continue;
            }

            Grow(logits, height, width, start, seen, component);
            if (component.Count <= area)
            {
                foreach (var pixel in component)
                {
                    logits[pixel] = Filled;
                }
            }
        }
    }

    private static void Grow(ReadOnlySpan<float> logits, int height, int width, int start, bool[] seen, List<int> component)
    {
        component.Clear();
        component.Add(start);
        seen[start] = true;
        for (var next = 0; next < component.Count; next++)
        {
            var (row, column) = Math.DivRem(component[next], width);
            for (var y = Math.Max(0, row - 1); y <= Math.Min(height - 1, row + 1); y++)
            {
                for (var x = Math.Max(0, column - 1); x <= Math.Min(width - 1, column + 1); x++)
                {
                    var pixel = (y * width) + x;
                    if (!seen[pixel] && !(logits[pixel] > 0))
                    {
                        seen[pixel] = true;
                        component.Add(pixel);
                    }
                }
            }
        }
    }
}
