using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>Says in words why nothing can be drawn from a pool.</summary>
internal static class SelectionFailure
{
    /// <exception cref="DatasetException">No slice of the pool can be an anchor, or the strategy has nothing to compare.</exception>
    public static void ThrowIfNoAnchor(SelectionSummary summary)
    {
        var oneLabel = summary.OrganSlices == 0 || summary.OrganSlices == summary.Slices;
        var strategy = summary.Options.Strategy;
        if (strategy == Strategy.SupCon && oneLabel)
        {
            throw new DatasetException($"SupCon compares slices by organ label, but {OneLabel(summary)}. {Mend} or use SimCLR.");
        }

        if (summary.Anchors == 0)
        {
            throw new DatasetException(strategy switch
            {
                Strategy.Organ or Strategy.Mixed when oneLabel =>
                    $"Strategy '{summary.Strategy}' finds no negative: {OneLabel(summary)}. {Mend} or use the scan-based strategy.",
                Strategy.Scan when summary.Scans == 1 =>
                    $"Strategy 'scan' finds no negative: all {Slices(summary.Slices)} of the training pool come from one scan. "
                    + "Put a second scan into the training split.",
                _ => $"Strategy '{summary.Strategy}' finds no anchor with both partners among {Slices(summary.Slices)} of {Scans(summary.Scans)}: "
                    + $"{summary.WithoutPositive} have no positive and {summary.WithoutNegative} no negative. "
                    + (strategy == Strategy.Custom ? "Widen its predicates or add scans." : "Use the fallback instead of dropping them, or add scans."),
            });
        }
    }

    private const string Mend = "Add scans with the missing kind of slice, keep a larger share of each scan,";

    private static string OneLabel(SelectionSummary summary) =>
        (summary.OrganSlices == 0 ? "no" : "every") + $" slice of the training pool ({Slices(summary.Slices)} of {Scans(summary.Scans)}) shows the organ";

    private static string Slices(int count) => count == 1 ? "1 slice" : $"{count} slices";

    private static string Scans(int count) => count == 1 ? "1 scan" : $"{count} scans";
}
