namespace PolyCL.Sampling;

/// <summary>Which organ labels a set of partners may have.</summary>
internal enum LabelScope
{
    Any,
    Same,
    Other,
}

/// <summary>Which scans a set of partners may come from.</summary>
internal enum ScanScope
{
    Everywhere,
    Same,
    Others,
}

/// <summary>The partners of an anchor by label and scan, the anchor itself left out; or, as the last resort, the anchor alone.</summary>
internal readonly record struct PartnerSet(LabelScope Label, ScanScope Scan, bool Itself = false)
{
    public static PartnerSet Anchor { get; } = new(LabelScope.Same, ScanScope.Same, Itself: true);
}

/// <summary>A set to try, and what it counts as when an earlier one was empty; the first step of a chain is the strategy's own set.</summary>
internal readonly record struct PartnerStep(PartnerSet Set, FallbackKind? Fallback);

/// <summary>The sets of the strategies (eqs. 1–3) and what stands in for them, in order.</summary>
internal sealed record PartnerPlan(IReadOnlyList<PartnerStep> Positive, IReadOnlyList<PartnerStep> Negative)
{
    private static readonly PartnerStep Itself = new(PartnerSet.Anchor, FallbackKind.PositiveIsAnchor);

    /// <summary>The plan of a strategy; null for those that draw no partners.</summary>
    public static PartnerPlan? Of(Strategy strategy, SelectionRule rule) => strategy switch
    {
        Strategy.Organ => new(
            [Own(LabelScope.Same, ScanScope.Everywhere), Itself],
            [Own(LabelScope.Other, ScanScope.Everywhere)]),
        Strategy.Scan => new(
            [Own(LabelScope.Any, ScanScope.Same), Itself],
            [Own(LabelScope.Any, ScanScope.Others)]),
        Strategy.Mixed => new(
            [Own(LabelScope.Same, ScanScope.Same), new(new(LabelScope.Same, ScanScope.Others), FallbackKind.PositiveFromOtherScans), Itself],
            rule == SelectionRule.PaperEquation
                ? [Own(LabelScope.Other, ScanScope.Same), new(new(LabelScope.Other, ScanScope.Others), FallbackKind.NegativeFromOtherScans)]
                : [Own(LabelScope.Other, ScanScope.Others), new(new(LabelScope.Other, ScanScope.Same), FallbackKind.NegativeFromSameScan)]),
        _ => null,
    };

    private static PartnerStep Own(LabelScope label, ScanScope scan) => new(new(label, scan), null);
}
