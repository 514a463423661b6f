using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Size of the quickstart.</summary>
public sealed record QuickstartOptions
{
    /// <summary>Profile of images and training.</summary>
    public Profile Profile { get; init; } = Profile.Quick;

    /// <summary>Phantom scans of site A.</summary>
    public int Scans { get; init => field = Check.InRange(value, 10, 1000, nameof(Scans)); } = 30;

    /// <summary>Pixels along the side of a phantom slice.</summary>
    public int Matrix { get; init => field = Check.InRange(value, 32, 1024, nameof(Matrix)); } = 128;

    /// <summary>Share of the training scans whose labels fine-tuning sees.</summary>
    public double LabelFraction { get; init => field = Check.Share(value, nameof(LabelFraction)); } = 0.1;

    /// <summary>Seed of the first repeat; data and split have seed 1 in every repeat.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Repeats with consecutive seeds.</summary>
    public int Repeats { get; init => field = Check.Positive(value, nameof(Repeats)); } = 1;

    /// <summary>The small version, for tests.</summary>
    public static QuickstartOptions Smoke { get; } = new() { Profile = Profile.Smoke, Scans = 10, Matrix = 64 };
}
