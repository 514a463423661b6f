namespace PolyCL.Studies.Masks;

/// <summary>Makes better masks of a scan from coarse ones.</summary>
internal interface IMaskStep
{
    /// <summary>How, in words that stand in every result.</summary>
    string Definition { get; }

    /// <summary>Makes the masks of a scan's kept slices.</summary>
    /// <param name="scan">The slices; what is read of their truth, <see cref="Definition"/> says.</param>
    /// <param name="coarse">[slices · area] of 0 and 1: predicted masks, or the truth for an upper bound.</param>
    /// <param name="token">Stops between slices.</param>
    StepMasks Make(ScanSlices scan, byte[] coarse, CancellationToken token);
}
