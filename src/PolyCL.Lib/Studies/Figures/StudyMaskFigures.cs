using System.Globalization;
using PolyCL.Core;
using PolyCL.Metrics;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>The figures of the masks of a study's rows: what SAM refined, what SAM 2 carried along the scan.</summary>
public static class StudyMaskFigures
{
    /// <summary>Slices of a row with SAM before and after, evenly spaced over those with a coarse mask (Fig. 7).</summary>
    /// <param name="masks">The row's masks in a scan.</param>
    /// <param name="count">How many slices.</param>
    /// <exception cref="ArgumentException">The row has no SAM, or no slice a coarse mask.</exception>
    public static SliceSheet Refinement(StudyMasks masks, int count = 4)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var asked = Enumerable.Range(0, masks.Boxes.Count).Where(slice => masks.Boxes[slice].Count > 0).ToList();
        return asked.Count > 0
            ? RefinementPanels.Of([.. RefinementPanels.Evenly(asked, Check.Positive(count)).Select(slice => Panel(masks, slice))], Provenance(masks))
            : throw new ArgumentException($"In '{masks.Row}' SAM was asked of no slice of {masks.Scan}; give a row with SAM and a scan with predicted masks.", nameof(masks));
    }

    /// <summary>Slices of a row with SAM 2 along the scan, the reference slice framed.</summary>
    /// <param name="masks">The row's masks in a scan.</param>
    /// <param name="count">About how many slices.</param>
    /// <exception cref="ArgumentException">The row has not one reference slice.</exception>
    public static SliceSheet Propagation(StudyMasks masks, int count = 7)
    {
        var (reference, come) = Carried(masks);
        var places = PropagationStrip.Places(come[0], come[^1], reference, count);
        return PropagationStrip.Of(
            [.. places.Select(slice => new StripSlice(slice, Cell(masks, slice), Of(masks.Masks, masks, slice), Of(masks.Truth, masks, slice), slice == reference))],
            Provenance(masks),
            masks.Spacing.Z);
    }

    /// <summary>Dice of the slices that show the organ over their distance from the reference slice, a line per row.</summary>
    /// <param name="masks">Masks of rows with SAM 2, of any number of scans each.</param>
    /// <exception cref="ArgumentException">There are none, or a row has not one reference slice in a scan.</exception>
    public static Chart Distances(IReadOnlyList<StudyMasks> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return masks.Count > 0
            ? DistanceCurves.Of(
                [.. masks.GroupBy(one => one.Row).Select(row => new DistanceRun(row.Key, [.. row.Select(AtDistances)]))],
                "slices",
                string.Join("; ", masks.Select(one => one.Provenance).Distinct()))
            : throw new ArgumentException("There are no masks to draw; give those of rows with SAM 2.", nameof(masks));
    }

    private static ScanAtDistances AtDistances(StudyMasks masks)
    {
        var (reference, come) = Carried(masks);
        return new ScanAtDistances(
            masks.Scan,
            [.. come.Where(slice => slice != reference && Of(masks.Truth, masks, slice).Span.Contains((byte)1))
                .Select(slice => new SliceAtDistance(slice - reference, MaskCounts.Of(Of(masks.Masks, masks, slice).Span, Of(masks.Truth, masks, slice).Span).Dice))]);
    }

    /// <summary>The reference slice, and the slices from the first to the last that has a mask or shows the organ.</summary>
    private static (int Reference, List<int> Come) Carried(StudyMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return masks.References is [var reference]
            ? (reference, [.. Enumerable.Range(0, masks.Slices).Where(slice => Of(masks.Masks, masks, slice).Span.Contains((byte)1) || Of(masks.Truth, masks, slice).Span.Contains((byte)1))])
            : throw new ArgumentException($"In '{masks.Row}' {masks.References.Count} slices of {masks.Scan} were given to SAM 2; give a row and a scan with one.", nameof(masks));
    }

    private static RefinementPanel Panel(StudyMasks masks, int slice) => new(
        string.Create(CultureInfo.InvariantCulture, $"{masks.Scan}, {slice}"),
        Cell(masks, slice),
        Of(masks.Coarse, masks, slice),
        masks.Boxes[slice],
        Of(masks.Masks, masks, slice),
        Of(masks.Truth, masks, slice));

    private static SheetCell Cell(StudyMasks masks, int slice) =>
        new(Of(masks.Pixels, masks, slice), masks.Size, masks.Size) { PixelAspect = masks.Spacing.Y / masks.Spacing.X };

    private static ReadOnlyMemory<T> Of<T>(T[] values, StudyMasks masks, int slice)
    {
        var area = masks.Size * masks.Size;
        return values.AsMemory(slice * area, area);
    }

    private static string Provenance(StudyMasks masks) => $"{masks.Row}, scan {masks.Scan}; {masks.Provenance}";
}
