using System.Text.Json.Serialization;
using PolyCL.Models;
using PolyCL.Sam;

namespace PolyCL.Studies.Masks;

/// <summary>Everything that decides what SAM or SAM 2 makes of coarse masks: settings and digests, no words and no file names.</summary>
internal sealed record MaskIdentity
{
    /// <summary>Which of the two.</summary>
    public required SamUse Use { get; init; }

    /// <summary>SHA-256 of the weight file.</summary>
    public required string Weights { get; init; }

    /// <summary>Whether the true masks are the coarse ones, for an upper bound.</summary>
    public required bool TrueMasks { get; init; }

    /// <summary>SAM's settings, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SamOptions? Refinement { get; init; }

    /// <summary>SAM 2's settings, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PropagationIdentity? Propagation { get; init; }
}

/// <summary>SAM 2's settings in a study.</summary>
/// <param name="AnnotatedEvery">Every which slice is given; 0 for one.</param>
/// <param name="Range">The slices it comes to.</param>
/// <param name="Passes">Its passes as they are made in this range.</param>
/// <param name="StretchSlices">Whether each slice is stretched.</param>
/// <param name="Precision">Its number format.</param>
internal sealed record PropagationIdentity(int AnnotatedEvery, SliceRange Range, PropagationOptions Passes, bool StretchSlices, ComputePrecision Precision);
