using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>Which direction is tracked first.</summary>
public enum PassOrder
{
    /// <summary>From the reference slice to the last, then to the first: the order of the official predictor's examples.</summary>
    ForwardFirst,

    /// <summary>From the reference slice to the first, then to the last.</summary>
    ReverseFirst,
}

/// <summary>How a mask is propagated; the paper leaves these choices open (§3.3.2).</summary>
public sealed record PropagationOptions
{
    /// <summary>Which direction is tracked first; in one state the second pass sees the memories of the first.</summary>
    public PassOrder Order { get; init; } = PassOrder.ForwardFirst;

    /// <summary>True starts the second pass from the given mask alone.</summary>
    public bool FreshStates { get; init; }

    /// <summary>
    /// Fills holes of at most this many pixels in the masks at a quarter of the network's size; 0 fills none, as the official predictor without its
    /// compiled extension does; with it, it fills 8.
    /// </summary>
    public int FillHoles { get; init => field = Check.NotNegative(value, nameof(FillHoles)); }

    /// <summary>Ends a pass after this many slices in a row without the object (score 0 or below, or an empty mask); 0 goes to the ends.</summary>
    public int StopAfter { get; init => field = Check.NotNegative(value, nameof(StopAfter)); }
}
