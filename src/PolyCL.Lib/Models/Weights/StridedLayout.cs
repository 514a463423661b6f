namespace PolyCL.Models.Weights;

/// <summary>Where the elements of a strided tensor lie within its storage.</summary>
internal static class StridedLayout
{
    internal const int MostDimensions = 64;
    private const long Limit = 1L << 62;

    /// <summary>Strides of a contiguous tensor whose sizes are known to be sound.</summary>
    internal static long[] Contiguous(IReadOnlyList<long> shape)
    {
        var stride = new long[shape.Count];
        long step = 1;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            stride[i] = step;
            step = unchecked(step * Math.Max(shape[i], 1));
        }

        return stride;
    }

    /// <summary>True when the elements lie one after another in order; the stride of a dimension of size 1 does not matter.</summary>
    internal static bool IsContiguous(IReadOnlyList<long> shape, IReadOnlyList<long> stride)
    {
        var wanted = Contiguous(shape);
        return Enumerable.Range(0, shape.Count).All(i => shape[i] == 1 || stride[i] == wanted[i]);
    }

    /// <summary>Elements from the first to the last one, both included; the sizes are above 0 and the result is known to fit.</summary>
    internal static long Extent(IReadOnlyList<long> shape, IReadOnlyList<long> stride) => 1 + shape.Zip(stride, (size, step) => (size - 1) * step).Sum();

    /// <summary>Elements and extent without overflow; null when a number is negative or absurd.</summary>
    internal static (long Count, long Extent)? Measure(IReadOnlyList<long> shape, IReadOnlyList<long> stride)
    {
        if (shape.Count != stride.Count || shape.Count > MostDimensions)
        {
            return null;
        }

        Int128 count = 1;
        Int128 extent = 1;
        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i] < 0 || stride[i] < 0)
            {
                return null;
            }

            count *= shape[i];
            extent += (Int128)Math.Max(shape[i] - 1, 0) * stride[i];
            if (count > Limit || extent > Limit)
            {
                return null;
            }
        }

        return ((long)count, count == 0 ? 0 : (long)extent);
    }
}
