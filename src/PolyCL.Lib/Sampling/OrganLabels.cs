using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>The labels SupCon compares by: whether a slice shows the organ.</summary>
public static class OrganLabels
{
    /// <summary>1 for slices that show the organ, 0 for the others, in the order of the batch.</summary>
    public static long[] Of(IReadOnlyList<SliceRecord> slices, ReadOnlySpan<int> batch)
    {
        var labels = new long[batch.Length];
        Fill(slices, batch, labels);
        return labels;
    }

    /// <summary>Writes 1 for slices that show the organ and 0 for the others.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the batch.</exception>
    public static void Fill(IReadOnlyList<SliceRecord> slices, ReadOnlySpan<int> batch, Span<long> labels)
    {
        ArgumentNullException.ThrowIfNull(slices);
        if (labels.Length < batch.Length)
        {
            throw new ArgumentException($"The labels have room for {labels.Length} slices; the batch has {batch.Length}.", nameof(labels));
        }

        for (var i = 0; i < batch.Length; i++)
        {
            labels[i] = slices[batch[i]].ContainsOrgan ? 1 : 0;
        }
    }
}
