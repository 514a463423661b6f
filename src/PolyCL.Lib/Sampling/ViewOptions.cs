using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>How much the two views of a slice may differ; the defaults are SimCLR's as in the paper's comparison.</summary>
public sealed record ViewOptions
{
    /// <summary>Smallest share of the slice's area that a crop keeps, above 0.</summary>
    public double MinimumArea { get; init => field = Check.Share(value, nameof(MinimumArea)); } = 0.08;

    /// <summary>Largest share of the slice's area that a crop keeps, at most 1.</summary>
    public double MaximumArea { get; init => field = Check.Share(value, nameof(MaximumArea)); } = 1;

    /// <summary>Largest ratio of a crop's longer to its shorter side, 1 or above.</summary>
    public double MaximumAspect { get; init => field = Check.InRange(value, 1.0, 100.0, nameof(MaximumAspect)); } = 4.0 / 3;

    /// <summary>Probability of a horizontal flip, 0 to 1.</summary>
    public double FlipShare { get; init => field = Check.InRange(value, 0.0, 1.0, nameof(FlipShare)); } = 0.5;

    /// <summary>Brightness factors lie in 1 ± this; 0 to 1.</summary>
    public double Brightness { get; init => field = Check.InRange(value, 0.0, 1.0, nameof(Brightness)); } = 0.24;

    /// <summary>Contrast factors lie in 1 ± this; 0 to 1.</summary>
    public double Contrast { get; init => field = Check.InRange(value, 0.0, 1.0, nameof(Contrast)); } = 0.24;

    /// <summary>Whether view 0, the anchor, stays as it is.</summary>
    public bool OnlySecondView { get; init; }

    /// <summary>Whether every epoch uses the views of epoch 0.</summary>
    public bool Frozen { get; init; }

    /// <summary>As the released code: only the positive is changed, once for the whole training.</summary>
    /// <remarks>Still on the 0–1 image; the code's application to raw HU, which leaves a nearly binary positive, is not offered.</remarks>
    public static ViewOptions Authors { get; } = new() { OnlySecondView = true, Frozen = true };

    /// <summary>Checks rules that span several settings.</summary>
    /// <exception cref="ArgumentException">The smallest area is above the largest.</exception>
    public void Validate()
    {
        if (MinimumArea > MaximumArea)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"MinimumArea is {MinimumArea} and MaximumArea {MaximumArea}; the smallest crop must not be larger than the largest."));
        }
    }
}
