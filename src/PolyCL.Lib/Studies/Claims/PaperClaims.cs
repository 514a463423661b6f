namespace PolyCL.Studies.Claims;

/// <summary>The claims of the paper that its own tables can decide, each as comparisons of two printed cells.</summary>
/// <remarks>
/// The claims: PolyCL outperforms full supervision and the other self-supervised methods, in domain and across domains (Tables 1–3), and with few
/// labels (Tables 4–7); SAM refines its masks (Tables 4, 5) and SAM 2 propagates them (Tables 6, 7). Source: abstract of arXiv:2505.19208 and MELBA
/// 2026:002. The cells without SAM 2 that Tables 6 and 7 repeat from 4 and 5 are compared once, there.
/// </remarks>
public static class PaperClaims
{
    private static readonly string[] Strategies = ["PolyCL-S", "PolyCL-O", "PolyCL-M"];

    /// <summary>All comparisons of a table.</summary>
    /// <param name="table">1 to 7.</param>
    /// <exception cref="ArgumentOutOfRangeException">The paper has no such table.</exception>
    public static IReadOnlyList<PaperClaim> Of(int table)
    {
        var cells = PaperTables.Of(table);
        return [.. table <= 3
            ? cells.GroupBy(cell => cell.Metric).SelectMany(metric => OfBackbones([.. metric]))
            : OfLabels([.. cells], table <= 5 ? " + SAM" : " + SAM 2", plain: table <= 5)];
    }

    private static IEnumerable<PaperClaim> OfBackbones(List<PaperScore> cells)
    {
        foreach (var first in cells.Where(IsPolyCl))
        {
            yield return new(ClaimKind.AboveSimClr, first, Cell(cells, first.Backbone, "SimCLR"));
            yield return new(ClaimKind.AboveSupCon, first, Cell(cells, first.Backbone, "SupCon"));
            yield return new(ClaimKind.AboveScratch, first, Cell(cells, "none", first.Backbone));
        }

        yield return new(ClaimKind.BestOfTable, Best(cells.Where(IsPolyCl)), Best(cells.Where(cell => !IsPolyCl(cell))));
    }

    private static IEnumerable<PaperClaim> OfLabels(List<PaperScore> cells, string sam, bool plain)
    {
        double[] labels = [.. cells.Select(cell => cell.LabelPercent).OfType<double>().Distinct().Order()];
        foreach (var strategy in Strategies)
        {
            foreach (var percent in labels)
            {
                yield return new(ClaimKind.SamHelps, Cell(cells, "", strategy + sam, percent), Cell(cells, "", strategy, percent));
            }
        }

        foreach (var suffix in plain ? ["", sam] : new[] { sam })
        {
            foreach (var percent in labels)
            {
                foreach (var rival in Strategies[..2])
                {
                    yield return new(ClaimKind.MixedIsBest, Cell(cells, "", "PolyCL-M" + suffix, percent), Cell(cells, "", rival + suffix, percent));
                }
            }

            foreach (var strategy in Strategies)
            {
                yield return new(ClaimKind.MoreLabelsHelp, Cell(cells, "", strategy + suffix, labels[^1]), Cell(cells, "", strategy + suffix, labels[0]));
            }
        }
    }

    private static bool IsPolyCl(PaperScore cell) => Strategies.Contains(cell.Model);

    private static PaperScore Cell(List<PaperScore> cells, string backbone, string model, double? percent = null) =>
        cells.Single(cell => (cell.Backbone, cell.Model, cell.LabelPercent) == (backbone, model, percent));

    private static PaperScore Best(IEnumerable<PaperScore> cells) => cells.MaxBy(cell => cell.Metric == "Dice" ? cell.Mean : -cell.Mean)!;
}
