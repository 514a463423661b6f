using PolyCL.Core;
using PolyCL.Models;

namespace PolyCL.Sam;

/// <summary>How SAM 2's weights are opened.</summary>
public sealed record Sam2Options
{
    /// <summary>Number format of the image encoder and of the memory attention's products; memories are stored as bfloat16 in any case, all else is float32.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Full;

    /// <summary>Rows and columns to which slices are resized, or null for those of the weights (1024; MedSAM2's are 512).</summary>
    public int? ImageSize { get; init => field = value is { } size ? Check.Positive(size, nameof(ImageSize)) : null; }
}
