using PolyCL.Core;
using PolyCL.Models;

namespace PolyCL.Sam;

/// <summary>How coarse masks are refined. The defaults are the paper's (§3.3.1) where it says something.</summary>
public sealed record SamOptions
{
    /// <summary>How many boxes a coarse mask becomes; the paper's equations give one, its text speaks of each area.</summary>
    public BoxRule Boxes { get; init; } = BoxRule.OnePerSlice;

    /// <summary>Pixels by which each box grows on all sides, cut at the slice's edge; the paper names none.</summary>
    public double Margin { get; init => field = Check.NotNegative(value, nameof(Margin)); }

    /// <summary>
    /// True takes, of the three masks for ambiguous prompts, the one with the best predicted quality; false takes the mask meant for a clear prompt such as a box.
    /// </summary>
    public bool BestOfThree { get; init; }

    /// <summary>Number format of the image encoder; the rest is float32.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Full;

    /// <summary>Rows of patches whose attention scores are made at a time, 0 for all; changes memory and time alone.</summary>
    public int ChunkRows { get; init => field = Check.NotNegative(value, nameof(ChunkRows)); } = 8;

    /// <summary>Attention heads of the mask decoder, the one size that weight files do not tell; 8 in all published ones.</summary>
    public int DecoderHeads { get; init => field = Check.Positive(value, nameof(DecoderHeads)); } = 8;
}
