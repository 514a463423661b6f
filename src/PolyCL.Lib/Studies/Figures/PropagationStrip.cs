using System.Globalization;
using PolyCL.Core;
using PolyCL.Metrics;
using PolyCL.Sam;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>Slices along a scan with the mask that SAM 2 carried to them, the reference slice framed; the truth outlined and Dice beneath where it is known.</summary>
public static class PropagationStrip
{
    private const int CellSize = 168;

    /// <summary>Numbers of slices at even distances that meet the reference slice, from the feet up.</summary>
    /// <param name="first">The first slice that was come to.</param>
    /// <param name="last">The last.</param>
    /// <param name="reference">The reference slice, between them.</param>
    /// <param name="count">About how many; at most one more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The reference lies outside, or fewer than 2 are asked.</exception>
    public static IReadOnlyList<int> Places(int first, int last, int reference, int count)
    {
        Check.InRange(reference, first, last);
        var step = Math.Max(1, (int)Math.Ceiling((last - first) / (double)(Check.InRange(count, 2, 1000) - 1)));
        var start = reference - ((reference - first) / step * step);
        return [.. Enumerable.Range(0, ((last - start) / step) + 1).Select(i => start + (i * step))];
    }

    /// <summary>Draws slices.</summary>
    /// <param name="slices">The slices, from left to right.</param>
    /// <param name="provenance">Where they come from, and which SAM 2 carried the mask.</param>
    /// <param name="spacingMm">Distance of neighbouring slices, mm; null leaves distances in slices.</param>
    /// <exception cref="ArgumentException">There is no slice or not one reference slice, or a mask is not as large as its slice.</exception>
    public static SliceSheet Of(IReadOnlyList<StripSlice> slices, string provenance, double? spacingMm = null)
    {
        ArgumentNullException.ThrowIfNull(slices);
        var references = slices.Where(slice => slice.IsReference).ToList();
        if (references.Count != 1)
        {
            throw new ArgumentException($"{slices.Count} slices with {references.Count} reference slices; give slices of which one is the reference.", nameof(slices));
        }

        string Heading(StripSlice slice)
        {
            var away = slice.Index - references[0].Index;
            return away == 0 ? $"slice {slice.Index}, reference"
                : spacingMm is { } mm ? string.Create(CultureInfo.InvariantCulture, $"slice {slice.Index}, {away * mm:+0.#;−0.#} mm")
                : string.Create(CultureInfo.InvariantCulture, $"slice {slice.Index} ({away:+0;−0})");
        }

        return new SliceSheet
        {
            Title = "A mask carried from the reference slice through the scan by SAM 2",
            ColumnHeadings = [.. slices.Select(Heading)],
            Rows = [[.. slices.Select(Cell)]],
            CellWidth = CellSize,
            CellHeight = CellSize,
            Provenance = provenance,
        };
    }

    /// <summary>Draws slices of a scan through which a mask was carried from file to file.</summary>
    /// <param name="propagation">What was carried; its files are read again.</param>
    /// <param name="count">About how many slices, evenly spaced over those that were come to.</param>
    /// <param name="truth">The file of the true mask on the scan's grid; null for the reference mask's file where it annotates more than the reference slice.</param>
    /// <param name="label">The label that counts in the truth; null for every value above 0.</param>
    /// <exception cref="ScanFormatException">A file is unreadable or not on the scan's grid.</exception>
    public static SliceSheet Of(VolumePropagation propagation, int count = 7, string? truth = null, int? label = null)
    {
        ArgumentNullException.ThrowIfNull(propagation);
        var window = propagation.Options.Window;
        var scan = new ScanPictures(propagation.Image, window);
        var masks = scan.Mask(propagation.Mask, null);
        truth ??= propagation.AnnotatedSlices > 1 ? propagation.ReferenceMask : null;
        var known = truth is null ? null : scan.Mask(truth, label);
        var places = Places(propagation.First, propagation.Last, propagation.Reference, count);
        return Of(
            [.. places.Select(slice => new StripSlice(slice, scan.Cell(slice), masks.Of(slice), known?.Of(slice), slice == propagation.Reference))],
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(propagation.Image)}, window {window.Level}/{window.Width} HU; SAM 2 {propagation.Model}, weights {propagation.ModelSha256[..12]}{(propagation.ModelLabel is { } words ? $" ({words})" : "")}"),
            scan.SpacingMm);
    }

    private static SheetCell Cell(StripSlice slice)
    {
        MaskLayer[] truth = slice.Truth is { } known ? [MaskLayer.Truth(known)] : [];
        var cell = slice.Slice with { Masks = [.. truth, MaskLayer.Propagated(slice.Mask)], Frame = slice.IsReference ? PictureColour.Orange : null };
        return slice.Truth is { } mask
            ? cell with { Caption = string.Create(CultureInfo.InvariantCulture, $"Dice {MaskCounts.Of(slice.Mask.Span, mask.Span).Dice:0.000}") }
            : cell;
    }
}
