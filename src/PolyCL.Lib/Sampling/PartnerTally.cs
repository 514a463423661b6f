namespace PolyCL.Sampling;

/// <summary>Goes through the pool once and counts who has partners.</summary>
internal sealed class PartnerTally
{
    private readonly SliceTable table;
    private readonly int[] candidates;
    private readonly SortedDictionary<FallbackKind, int> fallbacks = [];
    private readonly int withoutPositive;
    private readonly int withoutNegative;

    public PartnerTally(SliceTable table, PartnerSource? partners, Func<int, bool>? canBeAnchor)
    {
        this.table = table;
        candidates = canBeAnchor is null ? table.Ordered : [.. table.Ordered.Where(canBeAnchor)];
        if (partners is null)
        {
            Anchors = candidates;
            return;
        }

        var anchors = new List<int>(candidates.Length);
        foreach (var slice in candidates)
        {
            var state = partners.StateOf(slice);
            withoutPositive += state.OwnPositive ? 0 : 1;
            withoutNegative += state.OwnNegative ? 0 : 1;
            if (state is { HasPositive: true, HasNegative: true })
            {
                anchors.Add(slice);
                Count(state.PositiveFallback);
                Count(state.NegativeFallback);
            }
        }

        Anchors = [.. anchors];
    }

    public int[] Anchors { get; }

    public SelectionSummary Summarize(string name, StrategyOptions options)
    {
        var kinds = table.ScanKinds();
        return new()
        {
            Strategy = name,
            Options = options,
            Scans = table.ScanCount,
            ScansAllOrgan = kinds.AllOrgan,
            ScansWithoutOrgan = kinds.WithoutOrgan,
            ScansOfOneSlice = kinds.OfOneSlice,
            Slices = table.Ordered.Length,
            OrganSlices = table.OrganSlices,
            Anchors = Anchors.Length,
            WithoutPositive = withoutPositive,
            WithoutNegative = withoutNegative,
            PartnerOnly = table.Ordered.Length - candidates.Length,
            Dropped = candidates.Length - Anchors.Length,
            Fallbacks = [.. fallbacks.Select(pair => new FallbackCount(pair.Key, pair.Value))],
            ByStrategy = [.. new[] { Strategy.Organ, Strategy.Scan, Strategy.Mixed }.Select(strategy => Partnerless(strategy, options.Rule))],
        };
    }

    private PartnerlessCount Partnerless(Strategy strategy, SelectionRule rule)
    {
        var plan = PartnerPlan.Of(strategy, rule)!;
        return new(
            strategy,
            candidates.Count(slice => table.Count(plan.Positive[0].Set, slice) == 0),
            candidates.Count(slice => table.Count(plan.Negative[0].Set, slice) == 0));
    }

    private void Count(FallbackKind? kind)
    {
        if (kind is { } known)
        {
            fallbacks[known] = fallbacks.GetValueOrDefault(known) + 1;
        }
    }
}
