using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>Draws the partners of anchors from a pool of slices by one strategy.</summary>
/// <remarks>
/// A draw is a pure function of (seed, epoch, position, anchor): the same from any thread, in any order, after a restart. After one pass over the pool
/// each draw takes O(1) and allocates nothing. Missing partners are found and counted when the selector is made, never during training.
/// </remarks>
public sealed class ExampleSelector
{
    private static readonly ulong Purpose = RandomStream.Fnv1a("triplet");
    private readonly PartnerSource? partners;
    private readonly bool[] isAnchor;
    private readonly bool frozen;
    private readonly long seed;

    private ExampleSelector(
        string name, StrategyOptions options, SliceTable table, PartnerSource? partners, int sliceCount, long seed, Func<int, bool>? canBeAnchor)
    {
        this.partners = partners;
        this.seed = seed;
        frozen = options.Frozen;
        var tally = new PartnerTally(table, partners, canBeAnchor);
        Summary = tally.Summarize(name, options);
        SelectionFailure.ThrowIfNoAnchor(Summary);
        Anchors = tally.Anchors;
        isAnchor = new bool[sliceCount];
        foreach (var anchor in Anchors)
        {
            isAnchor[anchor] = true;
        }
    }

    /// <summary>Slices that are anchors, by scan and axial index; positions in the list of slices.</summary>
    public IReadOnlyList<int> Anchors { get; }

    /// <summary>Counts, partnerless anchors and fallbacks.</summary>
    public SelectionSummary Summary { get; }

    /// <summary>Whether triplets have partners of their own; false for SimCLR and SupCon, which compare two views of the anchor.</summary>
    public bool DrawsPartners => partners is not null;

    /// <summary>SHA-256 over every slice's candidates and weights under a custom strategy, whose functions have no other identity; null for the others.</summary>
    /// <remarks>Calls each function once per pair of slices of the pool. Functions that differ in name or text only give the same digest.</remarks>
    public string? PartnersDigest() => partners?.Digest();

    /// <summary>Makes the selector of one of the named strategies.</summary>
    /// <param name="options">Strategy and how it draws.</param>
    /// <param name="slices">All slices; their positions are what the selector takes and gives.</param>
    /// <param name="pool">Positions of the training slices, each once; anchors and partners come from here only.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="canBeAnchor">Whether a slice of the pool may be an anchor; null: all. The others may still be partners.</param>
    /// <exception cref="ArgumentException">The strategy is Custom, or the pool holds a slice twice or one that does not exist.</exception>
    /// <exception cref="DatasetException">The pool is empty or no slice in it can be an anchor; the message says why and how to mend it.</exception>
    public static ExampleSelector Create(
        StrategyOptions options, IReadOnlyList<SliceRecord> slices, IReadOnlyList<int> pool, long seed, Func<int, bool>? canBeAnchor = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Strategy == Strategy.Custom)
        {
            throw new ArgumentException("A custom strategy needs its predicates; use ExampleSelector.Custom.", nameof(options));
        }

        var table = new SliceTable(slices, pool);
        var plan = PartnerPlan.Of(options.Strategy, options.Rule);
        var partners = plan is null ? null : new RulePartners(plan, options, table, slices.Count);
        return new(options.Name, options, table, partners, slices.Count, seed, canBeAnchor);
    }

    /// <summary>Makes the selector of a user's strategy.</summary>
    /// <remarks>
    /// With <see cref="PartnerlessRule.Fallback"/> an anchor without positive is its own; one without negative is left out and counted, because no
    /// wider set is known. See <see cref="CustomStrategy"/> for the cost.
    /// </remarks>
    /// <param name="strategy">Predicates and weights.</param>
    /// <param name="slices">All slices.</param>
    /// <param name="pool">Positions of the training slices, each once.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="options">What to do without a partner, and whether draws are frozen; the other settings do not matter.</param>
    /// <param name="canBeAnchor">Whether a slice of the pool may be an anchor; null: all.</param>
    /// <exception cref="ArgumentException">The pool holds a slice twice or one that does not exist, or a weight is negative or not finite.</exception>
    /// <exception cref="DatasetException">The pool is empty or no slice in it can be an anchor.</exception>
    public static ExampleSelector Custom(
        CustomStrategy strategy,
        IReadOnlyList<SliceRecord> slices,
        IReadOnlyList<int> pool,
        long seed,
        StrategyOptions? options = null,
        Func<int, bool>? canBeAnchor = null)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        options = (options ?? new()) with { Strategy = Strategy.Custom };
        var table = new SliceTable(slices, pool);
        return new(strategy.Name, options, table, new CustomPartners(strategy, options, slices, table), slices.Count, seed, canBeAnchor);
    }

    /// <summary>Draws the partners of one anchor.</summary>
    /// <param name="anchor">One of <see cref="Anchors"/>.</param>
    /// <param name="epoch">Epoch, from 0; without effect when frozen.</param>
    /// <param name="position">The anchor's place in the epoch's order, from 0 and below 2³¹; without effect when frozen.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slice is not an anchor.</exception>
    public Triplet Draw(int anchor, long epoch, long position)
    {
        if ((uint)anchor >= (uint)isAnchor.Length || !isAnchor[anchor])
        {
            throw new ArgumentOutOfRangeException(nameof(anchor), $"Slice {anchor} is not an anchor; take anchors from Anchors.");
        }

        if (partners is null)
        {
            return new(anchor, anchor, Triplet.NoSlice);
        }

        var stream = frozen
            ? new RandomStream(seed, Purpose, 0, anchor)
            : new RandomStream(seed, Purpose, epoch, (position << 32) | (uint)anchor);
        var positive = partners.Positive(anchor, ref stream);
        return new(anchor, positive, partners.Negative(anchor, ref stream));
    }

    /// <summary>Draws the partners of a batch.</summary>
    /// <param name="anchors">The batch, a piece of the epoch's order.</param>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="firstPosition">Place of the batch's first anchor in the epoch's order.</param>
    /// <param name="triplets">Receives one triplet for each anchor.</param>
    /// <exception cref="ArgumentException">The destination is shorter than the batch, or a slice is not an anchor.</exception>
    public void Draw(ReadOnlySpan<int> anchors, long epoch, long firstPosition, Span<Triplet> triplets)
    {
        if (triplets.Length < anchors.Length)
        {
            throw new ArgumentException($"There is room for {triplets.Length} triplets; the batch has {anchors.Length} anchors.", nameof(triplets));
        }

        for (var i = 0; i < anchors.Length; i++)
        {
            triplets[i] = Draw(anchors[i], epoch, firstPosition + i);
        }
    }
}
