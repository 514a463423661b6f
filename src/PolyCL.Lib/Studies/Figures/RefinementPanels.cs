using System.Globalization;
using PolyCL.Core;
using PolyCL.Metrics;
using PolyCL.Sam;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>Slices refined by SAM, a row each: the slice, the coarse mask, its box, the refined mask; the truth outlined and Dice before and after where it is known (Fig. 7).</summary>
public static class RefinementPanels
{
    private const int CellSize = 208;

    /// <summary>Draws slices.</summary>
    /// <param name="panels">The slices, from top to bottom.</param>
    /// <param name="provenance">Where they come from, and which SAM refined them.</param>
    /// <exception cref="ArgumentException">There is no slice, or a mask is not as large as its slice.</exception>
    public static SliceSheet Of(IReadOnlyList<RefinementPanel> panels, string provenance)
    {
        ArgumentNullException.ThrowIfNull(panels);
        if (panels.Count == 0)
        {
            throw new ArgumentException("There is no refined slice to draw; give at least one.", nameof(panels));
        }

        return new SliceSheet
        {
            Title = "Coarse masks refined by SAM",
            ColumnHeadings = ["slice", "coarse mask", "box", "refined mask"],
            RowHeadings = [.. panels.Select(panel => panel.Name)],
            Rows = [.. panels.Select(Row)],
            CellWidth = CellSize,
            CellHeight = CellSize,
            Provenance = provenance,
        };
    }

    /// <summary>Draws slices of a scan that was refined from file to file.</summary>
    /// <param name="refinement">What was refined; its files are read again.</param>
    /// <param name="count">Slices, evenly spaced over those with a coarse mask.</param>
    /// <param name="truth">The file of the true mask on the scan's grid, or null.</param>
    /// <param name="label">The label that counts in coarse mask and truth; null for every value above 0.</param>
    /// <exception cref="ScanFormatException">A file is unreadable or not on the scan's grid.</exception>
    public static SliceSheet Of(VolumeRefinement refinement, int count = 4, string? truth = null, int? label = null)
    {
        ArgumentNullException.ThrowIfNull(refinement);
        var scan = new ScanPictures(refinement.Image, refinement.Window);
        var (coarse, refined) = (scan.Mask(refinement.CoarseMask, label), scan.Mask(refinement.Mask, null));
        var known = truth is null ? null : scan.Mask(truth, label);
        var options = refinement.Options;
        RefinementPanel Panel(int slice)
        {
            var (cell, drawn) = (scan.Cell(slice), coarse.Of(slice));
            var boxes = BoxPrompt.Of(drawn.Span, cell.Height, cell.Width, options.Boxes, options.Margin);
            return new RefinementPanel($"slice {slice}", cell, drawn, boxes, refined.Of(slice), known?.Of(slice));
        }

        return Of([.. Evenly(coarse.Slices, Check.Positive(count)).Select(Panel)], string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(refinement.Image)}, window {refinement.Window.Level}/{refinement.Window.Width} HU; SAM {refinement.Model}, weights {refinement.ModelSha256[..12]}{(refinement.ModelLabel is { } words ? $" ({words})" : "")}"));
    }

    private static SheetCell[] Row(RefinementPanel panel)
    {
        MaskLayer[] truth = panel.Truth is { } known ? [MaskLayer.Truth(known)] : [];
        string? Dice(ReadOnlyMemory<byte> mask) =>
            panel.Truth is { } known ? MaskCounts.Of(mask.Span, known.Span).Dice.ToString("0.000", CultureInfo.InvariantCulture) : null;
        // Masks are checked where the cells take them, before their Dice is counted.
        SheetCell coarse = panel.Slice with { Masks = [.. truth, MaskLayer.Coarse(panel.Coarse)] }, refined = panel.Slice with { Masks = [.. truth, MaskLayer.Refined(panel.Refined)] };
        var (before, after) = (Dice(panel.Coarse), Dice(panel.Refined));
        return
        [
            panel.Slice,
            coarse with { Caption = before is null ? null : $"Dice {before}" },
            panel.Slice with { Masks = [MaskLayer.Coarse(panel.Coarse)], Boxes = [.. panel.Boxes.Select(BoxLayer.Prompt)] },
            refined with { Caption = after is null ? null : $"Dice {before} → {after}" },
        ];
    }

    internal static IEnumerable<int> Evenly(IReadOnlyList<int> slices, int count)
    {
        var shown = Math.Min(count, slices.Count);
        return Enumerable.Range(0, shown).Select(i => slices[((2 * i) + 1) * slices.Count / (2 * shown)]);
    }
}
