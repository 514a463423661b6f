namespace PolyCL.Studies.Claims;

/// <summary>What a claim of the paper says of two cells of a table.</summary>
public enum ClaimKind
{
    /// <summary>A PolyCL row is better than the same network from scratch.</summary>
    AboveScratch,

    /// <summary>A PolyCL row is better than SimCLR on the same network.</summary>
    AboveSimClr,

    /// <summary>A PolyCL row is better than SupCon on the same network.</summary>
    AboveSupCon,

    /// <summary>The best PolyCL row is better than the best of all others. Both are chosen by their printed mean, which favours neither side but makes p too small; in our runs the same two rows are compared.</summary>
    BestOfTable,

    /// <summary>SAM or SAM 2 after the network improves the result.</summary>
    SamHelps,

    /// <summary>PolyCL-M is better than PolyCL-S or PolyCL-O.</summary>
    MixedIsBest,

    /// <summary>The most labels give a better result than the fewest.</summary>
    MoreLabelsHelp,
}

/// <summary>One comparison that a claim of the paper rests on: the first cell is better than the second.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="First">The cell that should be better, as printed.</param>
/// <param name="Second">The cell it is compared with, as printed.</param>
public sealed record PaperClaim(ClaimKind Kind, PaperScore First, PaperScore Second)
{
    /// <summary>Number of the table.</summary>
    public int Table => First.Table;

    /// <summary>Whether more is better: Dice, not Hausdorff.</summary>
    public bool HigherIsBetter => First.Metric == "Dice";

    /// <summary>The claim in words, without its numbers.</summary>
    public string Text => $"{First.Metric} of {Name(First)} is {(HigherIsBetter ? "above" : "below")} that of {Name(Second)}";

    private static string Name(PaperScore cell) => cell.Backbone == "none"
        ? $"{cell.Model} from scratch"
        : (cell.Backbone.Length > 0 ? $"{cell.Backbone}, {cell.Model}" : cell.Model)
            + (cell.LabelPercent is { } percent ? FormattableString.Invariant($" at {percent:0.##} % labels") : "");
}
