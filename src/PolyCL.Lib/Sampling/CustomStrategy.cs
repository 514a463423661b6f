using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>A strategy of the user's own: which slices may be an anchor's positive, and which its negative.</summary>
/// <remarks>
/// Each function receives (anchor, candidate) and must be pure: it is called from several threads and in no fixed order. The anchor itself is never
/// a candidate. Cost: before training about one call per anchor and function where a candidate is near, at most one per slice; then, at an anchor's
/// first draw, one call per slice of the pool, after which a draw costs O(log runs) (a set is kept as runs of neighbouring slices, equal sets once).
/// With weights, one call per slice and draw: no memory, but no longer independent of the number of scans.
/// </remarks>
public sealed record CustomStrategy
{
    /// <summary>Creates a strategy.</summary>
    /// <param name="name">Its name in results.</param>
    /// <param name="positive">Whether the second slice may be the first one's positive.</param>
    /// <param name="negative">Whether the second slice may be the first one's negative.</param>
    /// <exception cref="ArgumentException">The name is blank or a function is null.</exception>
    public CustomStrategy(string name, Func<SliceRecord, SliceRecord, bool> positive, Func<SliceRecord, SliceRecord, bool> negative)
    {
        ArgumentNullException.ThrowIfNull(positive);
        ArgumentNullException.ThrowIfNull(negative);
        Name = Check.NotBlank(name);
        Positive = positive;
        Negative = negative;
    }

    /// <summary>Its name in results.</summary>
    public string Name { get; }

    /// <summary>Whether the second slice may be the first one's positive.</summary>
    public Func<SliceRecord, SliceRecord, bool> Positive { get; }

    /// <summary>Whether the second slice may be the first one's negative.</summary>
    public Func<SliceRecord, SliceRecord, bool> Negative { get; }

    /// <summary>How often a positive is drawn relative to the others, 0 or above; null draws all alike.</summary>
    public Func<SliceRecord, SliceRecord, double>? PositiveWeight { get; init; }

    /// <summary>How often a negative is drawn relative to the others, 0 or above; null draws all alike.</summary>
    public Func<SliceRecord, SliceRecord, double>? NegativeWeight { get; init; }
}
