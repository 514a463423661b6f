using PolyCL.Sam;

namespace PolyCL.Studies.Masks;

/// <summary>SAM, asked with boxes round each slice's coarse mask (paper §3.3.1).</summary>
internal sealed class BoxRefinement(SamRefiner refiner, string definition) : IMaskStep
{
    /// <inheritdoc/>
    public string Definition => definition;

    /// <inheritdoc/>
    public StepMasks Make(ScanSlices scan, byte[] coarse, CancellationToken token)
    {
        var masks = new byte[coarse.Length];
        List<IReadOnlyList<BoxPrompt>> boxes = [];
        for (var slice = 0; slice < scan.Count; slice++)
        {
            token.ThrowIfCancellationRequested();
            var refined = refiner.Refine(scan.Of(scan.Pixels, slice), scan.Of(coarse, slice), scan.Size, scan.Size);
            refined.Mask.CopyTo(scan.Of(masks, slice));
            boxes.Add(refined.Boxes);
        }

        return new StepMasks(masks, boxes, []);
    }
}
