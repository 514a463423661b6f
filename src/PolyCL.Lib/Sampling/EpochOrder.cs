using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>The order in which an epoch visits the anchors, and its cutting into batches.</summary>
public static class EpochOrder
{
    private static readonly ulong Purpose = RandomStream.Fnv1a("epoch-order");

    /// <summary>Every anchor once, in an order fixed by (seed, epoch).</summary>
    public static int[] Of(IReadOnlyList<int> anchors, long seed, long epoch)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        int[] order = [.. anchors];
        new RandomStream(seed, Purpose, epoch, 0).Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>Batches in an epoch; a last, shorter one counts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no anchor or the batch size is not above 0.</exception>
    public static int BatchCount(int anchors, int batchSize) => ((Check.Positive(anchors) - 1) / Check.Positive(batchSize)) + 1;

    /// <summary>The anchors of one batch; its first stands at position batch·batchSize of the epoch. The last batch may be shorter.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch lies outside the epoch or the batch size is not above 0.</exception>
    public static ReadOnlySpan<int> Batch(int[] order, int batchSize, int batch)
    {
        ArgumentNullException.ThrowIfNull(order);
        Check.InRange(batch, 0, BatchCount(order.Length, batchSize) - 1);
        var first = batch * batchSize;
        return order.AsSpan(first, Math.Min(batchSize, order.Length - first));
    }
}
