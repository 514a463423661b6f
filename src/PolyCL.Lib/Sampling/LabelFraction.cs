using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>Chooses the part of the training data whose labels fine-tuning may see.</summary>
/// <remarks>
/// Every item gets a random key from (seed, item) alone and the lowest keys win: smaller fractions are contained in larger ones, and neither the order
/// of the list nor other items change an item's rank.
/// </remarks>
public static class LabelFraction
{
    private static readonly ulong ScanPurpose = RandomStream.Fnv1a("label-fraction");
    private static readonly ulong SlicePurpose = RandomStream.Fnv1a("label-fraction-of-slices");

    /// <summary>A share of the scans, rounded to whole scans, at least one; in the order given.</summary>
    /// <param name="scans">Ids of the training scans, each once.</param>
    /// <param name="fraction">Share, above 0 and at most 1; 0.1 is the paper's 10 %.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction lies outside (0, 1].</exception>
    /// <exception cref="DatasetException">There are no scans.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> scans, double fraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(scans);
        return Lowest(scans, fraction, "scans", scan => new RandomStream(seed, ScanPurpose, 0, unchecked((long)RandomStream.Fnv1a(scan))).NextUInt64(),
            StringComparer.Ordinal);
    }

    /// <summary>A share of the slices whatever their scan, rounded to whole slices, at least one; in the order given.</summary>
    /// <param name="slices">Positions in the list of slices, each once.</param>
    /// <param name="fraction">Share, above 0 and at most 1.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction lies outside (0, 1].</exception>
    /// <exception cref="DatasetException">There are no slices.</exception>
    public static IReadOnlyList<int> OfSlices(IReadOnlyList<int> slices, double fraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(slices);
        return Lowest(slices, fraction, "slices", slice => new RandomStream(seed, SlicePurpose, 0, slice).NextUInt64(), Comparer<int>.Default);
    }

    private static List<T> Lowest<T>(IReadOnlyList<T> items, double fraction, string what, Func<T, ulong> key, IComparer<T> ties)
        where T : notnull
    {
        Check.Share(fraction);
        if (items.Count == 0)
        {
            throw new DatasetException($"The training split has no {what} to choose a label fraction from; put at least one scan into it.");
        }

        var count = Math.Max(1, (int)Math.Round(items.Count * fraction, MidpointRounding.AwayFromZero));
        var chosen = items.OrderBy(key).ThenBy(item => item, ties).Take(count).ToHashSet();
        return [.. items.Where(chosen.Contains)];
    }
}
