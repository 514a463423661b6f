using PolyCL.Sam;

namespace PolyCL.Studies.Masks;

/// <summary>SAM 2, which carries the mask of one slice, or of every n-th, through the scan (paper §3.3.2).</summary>
/// <param name="model">SAM 2.</param>
/// <param name="options">Range, passes, stretching.</param>
/// <param name="every">0 for one reference slice, else every which slice is one.</param>
/// <param name="definition">How it is done, in words.</param>
internal sealed class SlicePropagation(Sam2 model, StudySamOptions options, int every, string definition) : IMaskStep
{
    /// <inheritdoc/>
    public string Definition => definition;

    /// <inheritdoc/>
    public StepMasks Make(ScanSlices scan, byte[] coarse, CancellationToken token)
    {
        var masks = new byte[coarse.Length];
        var range = options.Range == SliceRange.Labelled ? Shown(scan, scan.Truth) : [.. Enumerable.Range(0, scan.Count)];
        List<int> references = [];
        foreach (var (part, reference) in Parts(scan, coarse, range))
        {
            references.Add(part[reference]);
            foreach (var found in model.Propagate(Sequence(scan, part), reference, scan.Of(coarse, part[reference]), options.EffectivePasses, null, token))
            {
                found.Mask.CopyTo(scan.Of(masks, part[found.Slice]));
            }
        }

        return new StepMasks(masks, [], references);
    }

    /// <summary>The slices to go through from each reference slice; none when no slice has a coarse mask.</summary>
    private IEnumerable<(IReadOnlyList<int> Slices, int Reference)> Parts(ScanSlices scan, byte[] coarse, List<int> range)
    {
        var shown = Shown(scan, coarse).Intersect(range).ToList();
        if (shown.Count == 0)
        {
            return [];
        }

        if (every == 0)
        {
            return [(range, range.IndexOf(Reference(scan, coarse, range, shown)))];
        }

        // Reference slices stand in the middle of stretches of n slices, the last of which may be longer or shorter.
        var count = Math.Max(1, range.Count / every);
        return Enumerable.Range(0, count)
            .Select(part => range.GetRange(part * every, part == count - 1 ? range.Count - (part * every) : every))
            .Select(part => (Slices: part, Shown: part.Intersect(shown).ToList()))
            .Where(part => part.Shown.Count > 0)
            .Select(part => ((IReadOnlyList<int>)part.Slices, part.Slices.IndexOf(Nearest(part.Shown, part.Slices[part.Slices.Count / 2]))));
    }

    /// <summary>Of the labelled range the middle slice, as in the paper, or the next one with a coarse mask; without labels the slice with the largest.</summary>
    private int Reference(ScanSlices scan, byte[] coarse, List<int> range, List<int> shown) =>
        options.Range == SliceRange.Labelled
            ? Nearest(shown, range[range.Count / 2])
            : shown.MaxBy(slice => scan.Of(coarse, slice).Count((byte)1));

    private static int Nearest(List<int> slices, int wanted) => slices.MinBy(slice => Math.Abs(slice - wanted));

    private static List<int> Shown(ScanSlices scan, byte[] masks) =>
        [.. Enumerable.Range(0, scan.Count).Where(slice => scan.Of(masks, slice).Contains((byte)1))];

    private SliceSequence Sequence(ScanSlices scan, IReadOnlyList<int> slices) => SliceSequence.OfShares(
        slices.Count, scan.Size, scan.Size, options.StretchSlices, (slice, shares) => scan.Of(scan.Pixels, slices[slice]).CopyTo(shares));
}
