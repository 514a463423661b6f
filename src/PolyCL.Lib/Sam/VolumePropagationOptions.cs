using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Sam;

/// <summary>How the mask of one slice is carried through a scan.</summary>
public sealed record VolumePropagationOptions
{
    /// <summary>Which slices are come to; <see cref="SliceRange.Labelled"/> is the paper's.</summary>
    public SliceRange Range { get; init; } = SliceRange.StopRule;

    /// <summary>Which annotated slice is the reference; the paper takes the middle one.</summary>
    public ReferenceRule Reference { get; init; } = ReferenceRule.Only;

    /// <summary>Number of the reference slice, counted from the feet from 0; for <see cref="ReferenceRule.Index"/>.</summary>
    public int ReferenceIndex { get; init => field = Check.NotNegative(value, nameof(ReferenceIndex)); }

    /// <summary>Order, states, holes; the stop rule counts for <see cref="SliceRange.StopRule"/> alone, by default 3 slices.</summary>
    public PropagationOptions Passes { get; init => field = value ?? throw new ArgumentNullException(nameof(Passes)); } = new() { StopAfter = 3 };

    /// <summary>The HU range that SAM 2 sees.</summary>
    public Window Window { get; init => field = value.Width > 0 ? value : throw new ArgumentException("The window has no width; give one.", nameof(Window)); }
        = Window.Abdomen;

    /// <summary>True stretches each slice from its least to its largest value after the window, as the paper words it (§3.3.2); a constant slice becomes 0.</summary>
    public bool StretchSlices { get; init; } = true;

    /// <summary>Whether the reference slice, whose mask was given, counts in the Dice; the paper does not say.</summary>
    public bool ScoreReference { get; init; }

    /// <summary>The passes as they are made in this range.</summary>
    internal PropagationOptions EffectivePasses => Range == SliceRange.Labelled ? Passes with { StopAfter = 0 } : Passes;
}
