namespace PolyCL.Data;

/// <summary>Which label values are the target organ.</summary>
/// <param name="OrganClass">The one value that is the organ, or null.</param>
/// <param name="TumourApart">Without a class: only 1 is the organ; otherwise every value above 0.</param>
public readonly record struct OrganRule(int? OrganClass = null, bool TumourApart = false)
{
    private const int BlockPixels = 128;

    /// <summary>The rule of one scan under some settings.</summary>
    public static OrganRule Of(ScanRecord scan, PrepareOptions options)
    {
        ArgumentNullException.ThrowIfNull(scan);
        ArgumentNullException.ThrowIfNull(options);
        return new OrganRule(scan.OrganClass, !options.TumourIsOrgan);
    }

    /// <summary>Writes 1 where a label value is the organ, else 0; returns the organ's pixels.</summary>
    /// <exception cref="ArgumentException">The mask is shorter than the values.</exception>
    public int Apply(ReadOnlySpan<float> values, Span<byte> mask) => Apply(values, mask, out _);

    /// <summary>The same, and the largest value; what is not a number is no organ and not the largest.</summary>
    internal int Apply(ReadOnlySpan<float> values, Span<byte> mask, out float maximum)
    {
        mask = mask[..values.Length];
        maximum = 0;
        var (low, high) = OrganClass is { } id ? (id - 0.5f, id + 0.5f) : TumourApart ? (0.5f, 1.5f) : (0f, float.PositiveInfinity);
        var count = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            var value = values[i];
            maximum = value > maximum ? value : maximum;
            var organ = value > low && value < high ? 1 : 0;
            mask[i] = (byte)organ;
            count += organ;
        }

        return count;
    }

    /// <summary>The same in place for whole label values.</summary>
    internal int Apply(Span<byte> values, out float maximum)
    {
        var largest = 0;
        var count = 0;
        while (!values.IsEmpty)
        {
            // Most of a label is background: look at a block before changing it.
            var block = values[..Math.Min(BlockPixels, values.Length)];
            values = values[block.Length..];
            if (block.ContainsAnyExcept((byte)0))
            {
                foreach (ref var value in block)
                {
                    largest = Math.Max(largest, value);
                    var organ = OrganClass is { } id ? value == id : TumourApart ? value == 1 : value > 0;
                    value = (byte)(organ ? 1 : 0);
                    count += value;
                }
            }
        }

        maximum = largest;
        return count;
    }
}
