using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>nnU-Net's minibatches for whole slices: the last third of each comes from slices that show the organ.</summary>
/// <remarks>
/// nnU-Net forces the organ into the last n − round(0.67·n) of n patches. Here those places take organ-present slices, drawn alike and with repetition; the
/// others keep the epoch's order, so that an epoch is as long as without. Source: nnU-Net (Apache-2.0), reference §1.6.
/// </remarks>
internal static class OrganOversampling
{
    private const double ForcedShare = 0.33;
    private static readonly ulong Purpose = RandomStream.Fnv1a("organ-oversampling");

    /// <summary>The slices of an epoch, fixed by (seed, epoch).</summary>
    /// <param name="labelled">Positions of the labelled slices, each once.</param>
    /// <param name="slices">All slices.</param>
    /// <param name="batchSize">Slices of a minibatch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Counted from 0.</param>
    /// <returns>As many positions as there are labelled slices, minibatch after minibatch.</returns>
    /// <exception cref="DatasetException">No labelled slice shows the organ.</exception>
    public static int[] Of(IReadOnlyList<int> labelled, IReadOnlyList<SliceRecord> slices, int batchSize, long seed, long epoch)
    {
        var order = EpochOrder.Of(labelled, seed, epoch);
        int[] organ = [.. labelled.Where(slice => slices[slice].ContainsOrgan)];
        if (organ.Length == 0)
        {
            throw new DatasetException(
                $"None of the {order.Length} labelled slices shows the organ, of which nnU-Net's protocol wants a third of each minibatch; label more scans, or take the paper's protocol.");
        }

        for (var first = 0; first < order.Length; first += Check.Positive(batchSize))
        {
            var count = Math.Min(batchSize, order.Length - first);
            for (var place = first + count - Forced(count); place < first + count; place++)
            {
                order[place] = organ[new RandomStream(seed, Purpose, epoch, place).NextInt(organ.Length)];
            }
        }

        return order;
    }

    /// <summary>Places of a minibatch of n slices that must show the organ.</summary>
    internal static int Forced(int count) => count - (int)Math.Round(count * (1 - ForcedShare));
}
