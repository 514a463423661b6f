using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>Which phantom scans are generated.</summary>
public sealed record PhantomOptions
{
    /// <summary>The site; A unless told otherwise.</summary>
    public PhantomSite Site { get; init; } = PhantomSite.A;

    /// <summary>Scans, each of another patient.</summary>
    public int Scans { get; init => field = Check.Positive(value, nameof(Scans)); } = 20;

    /// <summary>Seed; a scan is fixed by (site, seed, index, matrix, slices) alone.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Pixels along the longer side of a slice (site A and C: both sides).</summary>
    public int Matrix { get; init => field = Check.InRange(value, 32, 1024, nameof(Matrix)); } = 256;

    /// <summary>Slices per scan over the same length of the body, or null for the site's own number (about 60 to 110).</summary>
    public int? Slices { get; init => field = value is { } n ? Check.InRange(n, 8, 1024, nameof(Slices)) : null; }

    /// <summary>Folder layout, or null for the site's own: A LiTS, B TotalSegmentator, C MSD.</summary>
    public PhantomLayout? Layout { get; init; }

    /// <summary>The layout that is written.</summary>
    public PhantomLayout LayoutOrDefault => Layout ?? Site switch
    {
        PhantomSite.A => PhantomLayout.Lits,
        PhantomSite.B => PhantomLayout.TotalSegmentator,
        _ => PhantomLayout.Msd,
    };
}
