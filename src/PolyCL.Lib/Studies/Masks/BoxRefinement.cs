using PolyCL.Sam;

namespace PolyCL.Studies.Masks;

/// <summary>SAM, asked with boxes round each slice's coarse mask (paper §3.3.1).</summary>
internal sealed class BoxRefinement(SamRefiner refiner, string definition) : IMaskStep
{
    /// <inheritdoc/>
    public string Definition => definition;

    /// <inheritdoc/>
    public byte[] Make(ScanSlices scan, byte[] coarse, CancellationToken token)
    {
        var masks = new byte[coarse.Length];
        for (var slice = 0; slice < scan.Count; slice++)
        {
            token.ThrowIfCancellationRequested();
            refiner.Refine(scan.Of(scan.Pixels, slice), scan.Of(coarse, slice), scan.Size, scan.Size).Mask.CopyTo(scan.Of(masks, slice));
        }

        return masks;
    }
}
