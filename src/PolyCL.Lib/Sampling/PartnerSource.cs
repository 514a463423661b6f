using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>Draws the partners of one anchor; knows before training which anchors have none.</summary>
internal abstract class PartnerSource
{
    /// <summary>What is known of the partners of one slice.</summary>
    public abstract PartnerState StateOf(int slice);

    public abstract int Positive(int anchor, ref RandomStream stream);

    public abstract int Negative(int anchor, ref RandomStream stream);

    /// <summary>Digest of every slice's candidates where the settings do not fix them; null where they do.</summary>
    public virtual string? Digest() => null;
}

/// <summary>Whether a slice has partners of its own, and what stands in when not; <c>null</c> fallback with an empty set means no partner.</summary>
internal readonly record struct PartnerState(
    bool OwnPositive, bool OwnNegative, FallbackKind? PositiveFallback, FallbackKind? NegativeFallback)
{
    public bool HasPositive => OwnPositive || PositiveFallback is not null;

    public bool HasNegative => OwnNegative || NegativeFallback is not null;
}

/// <summary>Partners by the sets of eqs. 1–3: O(1) and without allocation for each draw.</summary>
internal sealed class RulePartners : PartnerSource
{
    private readonly SliceTable table;
    private readonly PartnerDraw draw;
    private readonly PartnerStep[] positive;
    private readonly PartnerStep[] negative;
    private readonly (sbyte Positive, sbyte Negative)[] steps;   // by slice; −1: no partner

    public RulePartners(PartnerPlan plan, StrategyOptions options, SliceTable table, int sliceCount)
    {
        this.table = table;
        draw = options.ResolvedDraw;
        var tried = options.Partnerless == PartnerlessRule.Drop ? 1 : int.MaxValue;
        positive = [.. plan.Positive.Take(tried)];
        negative = [.. plan.Negative.Take(tried)];
        steps = new (sbyte, sbyte)[sliceCount];
        foreach (var slice in table.Ordered)
        {
            steps[slice] = (FirstOf(positive, slice), FirstOf(negative, slice));
        }
    }

    public override PartnerState StateOf(int slice)
    {
        var (p, n) = steps[slice];
        return new(p == 0, n == 0, p > 0 ? positive[p].Fallback : null, n > 0 ? negative[n].Fallback : null);
    }

    public override int Positive(int anchor, ref RandomStream stream) =>
        table.Draw(positive[steps[anchor].Positive].Set, anchor, draw, ref stream);

    public override int Negative(int anchor, ref RandomStream stream) =>
        table.Draw(negative[steps[anchor].Negative].Set, anchor, draw, ref stream);

    private sbyte FirstOf(PartnerStep[] chain, int slice) =>
        (sbyte)Array.FindIndex(chain, step => table.Count(step.Set, slice) > 0);
}
