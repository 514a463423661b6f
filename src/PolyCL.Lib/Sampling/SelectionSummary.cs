namespace PolyCL.Sampling;

/// <summary>Anchors that stand in for an empty set in one way.</summary>
/// <param name="Kind">The wider set.</param>
/// <param name="Anchors">How many anchors use it.</param>
public readonly record struct FallbackCount(FallbackKind Kind, int Anchors);

/// <summary>How many possible anchors would lack a partner under one strategy, before any fallback.</summary>
/// <param name="Strategy">Organ, Scan or Mixed.</param>
/// <param name="WithoutPositive">Slices whose positive set is empty.</param>
/// <param name="WithoutNegative">Slices whose negative set is empty.</param>
public readonly record struct PartnerlessCount(Strategy Strategy, int WithoutPositive, int WithoutNegative);

/// <summary>What a selector will do with its pool; known before training starts.</summary>
public sealed record SelectionSummary
{
    /// <summary>Name of the strategy: organ, scan, mixed, simclr, supcon, or the custom name.</summary>
    public required string Strategy { get; init; }

    /// <summary>The options in force.</summary>
    public required StrategyOptions Options { get; init; }

    /// <summary>Scans with at least one slice in the pool.</summary>
    public required int Scans { get; init; }

    /// <summary>Scans of which every slice in the pool shows the organ.</summary>
    public required int ScansAllOrgan { get; init; }

    /// <summary>Scans of which no slice in the pool shows the organ.</summary>
    public required int ScansWithoutOrgan { get; init; }

    /// <summary>Scans with a single slice in the pool.</summary>
    public required int ScansOfOneSlice { get; init; }

    /// <summary>Slices in the pool.</summary>
    public required int Slices { get; init; }

    /// <summary>Slices in the pool that show the organ.</summary>
    public required int OrganSlices { get; init; }

    /// <summary>Share of the pool's slices that show the organ, 0 to 1.</summary>
    public double OrganShare => (double)OrganSlices / Slices;

    /// <summary>Slices that are anchors in each epoch.</summary>
    public required int Anchors { get; init; }

    /// <summary>Slices whose positive set is empty under this strategy, before any fallback; 0 when no partners are drawn.</summary>
    public required int WithoutPositive { get; init; }

    /// <summary>Slices whose negative set is empty under this strategy, before any fallback; 0 when no partners are drawn.</summary>
    public required int WithoutNegative { get; init; }

    /// <summary>Slices that may be partners but not anchors, as at the ends of the authors' wider partner range.</summary>
    public required int PartnerOnly { get; init; }

    /// <summary>Slices left out because a partner is missing.</summary>
    public required int Dropped { get; init; }

    /// <summary>Anchors by the fallback they use; kinds that do not occur are absent. An anchor can use one for each partner.</summary>
    public required IReadOnlyList<FallbackCount> Fallbacks { get; init; }

    /// <summary>The same question asked of Organ, Scan and Mixed under the rule in force, for choosing between them.</summary>
    public required IReadOnlyList<PartnerlessCount> ByStrategy { get; init; }

    /// <summary>Anchors that use the given fallback.</summary>
    public int Of(FallbackKind kind) => Fallbacks.FirstOrDefault(count => count.Kind == kind).Anchors;
}
