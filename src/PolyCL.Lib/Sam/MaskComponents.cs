namespace PolyCL.Sam;

/// <summary>The 8-connected components of a mask.</summary>
internal sealed class MaskComponents
{
    private MaskComponents(int[] labels, int count)
    {
        Labels = labels;
        Count = count;
    }

    /// <summary>0 for background, 1 to <see cref="Count"/> for the components, row by row; numbered by their first pixel.</summary>
    public int[] Labels { get; }

    /// <summary>Number of components.</summary>
    public int Count { get; }

    /// <summary>Finds the components.</summary>
    /// <param name="mask">height × width; what is not 0 is foreground.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static MaskComponents Of(ReadOnlySpan<byte> mask, int height, int width)
    {
        var labels = new int[mask.Length];
        var count = 0;
        Stack<int> open = new();
        for (var start = 0; start < mask.Length; start++)
        {
            if (mask[start] == 0 || labels[start] != 0)
            {
                continue;
            }

            labels[start] = ++count;
            open.Push(start);
            while (open.TryPop(out var pixel))
            {
                var (row, column) = Math.DivRem(pixel, width);
                for (var y = Math.Max(row - 1, 0); y <= Math.Min(row + 1, height - 1); y++)
                {
                    for (var x = Math.Max(column - 1, 0); x <= Math.Min(column + 1, width - 1); x++)
                    {
                        var neighbour = (y * width) + x;
                        if (mask[neighbour] != 0 && labels[neighbour] == 0)
                        {
                            labels[neighbour] = count;
                            open.Push(neighbour);
                        }
                    }
                }
            }
        }

        return new MaskComponents(labels, count);
    }
}
