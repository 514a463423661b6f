namespace PolyCL.Data;

/// <summary>Which label values are the target organ.</summary>
/// <param name="OrganClass">The one value that is the organ, or null.</param>
/// <param name="TumourApart">Without a class: only 1 is the organ; otherwise every value above 0.</param>
public readonly record struct OrganRule(int? OrganClass = null, bool TumourApart = false)
{
    /// <summary>The rule of one scan under some settings.</summary>
    public static OrganRule Of(ScanRecord scan, PrepareOptions options) => new(scan.OrganClass, !options.TumourIsOrgan);

    /// <summary>Writes 1 where a label value is the organ, else 0; returns the organ's pixels.</summary>
    /// <exception cref="ArgumentException">The mask is shorter than the values.</exception>
    public int Apply(ReadOnlySpan<float> values, Span<byte> mask)
    {
        mask = mask[..values.Length];
        var (low, high) = OrganClass is { } id ? (id - 0.5f, id + 0.5f) : TumourApart ? (0.5f, 1.5f) : (0f, float.PositiveInfinity);
        var count = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            // Written so that what is not a number is no organ.
            var organ = values[i] > low && values[i] < high ? 1 : 0;
            mask[i] = (byte)organ;
            count += organ;
        }

        return count;
    }
}
