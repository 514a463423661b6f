using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sam;

namespace PolyCL.Studies;

/// <summary>How SAM and SAM 2 make the masks of Tables 4–7.</summary>
public sealed record StudySamOptions
{
    /// <summary>SAM's weight file, or null: then the smoke and quick profiles take the small one of this project, and in the paper profile SAM's rows say that they need it.</summary>
    public string? Weights { get; init; }

    /// <summary>SAM 2's weight file, or null; likewise.</summary>
    public string? Weights2 { get; init; }

    /// <summary>Number format of SAM 2's image encoder and memory attention; SAM's stands in <see cref="Refinement"/>.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Full;

    /// <summary>How boxes become masks.</summary>
    public SamOptions Refinement { get; init => field = value ?? throw new ArgumentNullException(nameof(Refinement)); } = new();

    /// <summary>Which kept slices SAM 2 comes to: those that show the organ, as in the paper, or, without a look at labels, all until the object is gone.</summary>
    public SliceRange Range { get; init; } = SliceRange.Labelled;

    /// <summary>Order, states and holes of SAM 2's passes; the stop rule counts without labels alone.</summary>
    public PropagationOptions Passes { get; init => field = value ?? throw new ArgumentNullException(nameof(Passes)); } = new() { StopAfter = 3 };

    /// <summary>Stretches each slice from its least to its largest value for SAM 2, as the paper words it (§3.3.2).</summary>
    public bool StretchSlices { get; init; } = true;

    /// <summary>The upper bound in which every n-th slice is annotated.</summary>
    public int AnnotatedEvery { get; init => field = Check.Positive(value, nameof(AnnotatedEvery)); } = 5;

    /// <summary>Bytes that kept image embeddings may take in the folder of results; 0 keeps none.</summary>
    public long CacheBytes { get; init => field = Check.NotNegative(value, nameof(CacheBytes)); } = 8L << 30;

    /// <summary>The passes as they are made in this range.</summary>
    internal PropagationOptions EffectivePasses => Range == SliceRange.Labelled ? Passes with { StopAfter = 0 } : Passes;
}
