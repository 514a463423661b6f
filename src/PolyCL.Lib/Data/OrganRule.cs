using PolyCL.Imaging;

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

    /// <summary>Whether a label is the organ.</summary>
    public bool Shows(long label) => OrganClass is { } id ? label == id : TumourApart ? label == 1 : label > 0;

    /// <summary>The organ of a label map as 0 and 1, on the map's grid.</summary>
    internal Volume Of(LabelMap map)
    {
        var rule = OrganClass is { } id ? this with { OrganClass = (int)map.Named(id) } : this;
        return map.Select(rule.Shows);
    }

    /// <summary>What a user should know of a map's labels under this rule, or null.</summary>
    internal string? Note(LabelMap map)
    {
        var organs = map.Labels.Where(label => label > 0).ToArray();
        return OrganClass is { } id ? (map.Has(id) ? null : $"no voxel has label {id}: {map.InWords()}")
            : TumourApart ? Apart(organs)
            : organs.Length > 0 && organs[^1] > 2 && organs.Length > 1
                ? $"label values reach {organs[^1]}, all count as the organ ({LabelMap.InWords(organs)}); give the organ's class"
            : null;
    }

    private static string? Apart(long[] organs) => organs switch
    {
        [] or [1] => null,
        [1, ..] => $"only label 1 counts as the organ, {LabelMap.InWords(organs[1..])} not",
        _ => $"only label 1 counts as the organ and no voxel has it: the labels are {LabelMap.InWords(organs)}",
    };

    /// <summary>Writes 1 where a label value, rounded, is the organ, else 0; returns the organ's pixels.</summary>
    /// <exception cref="ArgumentException">The mask is shorter than the values.</exception>
    public int Apply(ReadOnlySpan<float> values, Span<byte> mask)
    {
        mask = mask[..values.Length];
        var (low, high) = OrganClass is { } id ? (id - 0.5f, id + 0.5f) : TumourApart ? (0.5f, 1.5f) : (0.5f, float.PositiveInfinity);
        var count = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            var value = values[i];
            var organ = value > low && value < high ? 1 : 0;
            mask[i] = (byte)organ;
            count += organ;
        }

        return count;
    }

    /// <summary>The same in place for whole label values.</summary>
    internal int Apply(Span<byte> values)
    {
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
                    value = (byte)(Shows(value) ? 1 : 0);
                    count += value;
                }
            }
        }

        return count;
    }
}
