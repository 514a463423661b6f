using System.Globalization;
using PolyCL.Data;
using PolyCL.Data.Phantom;

namespace PolyCL.Studies;

/// <summary>The generated CT that stands in for data in each profile: sizes, split, folder names.</summary>
public static class PhantomSettings
{
    /// <summary>Seed of the patients, and of the split.</summary>
    public const long Seed = 1;

    /// <summary>Site A, to train on and to test in the same domain: 10 small scans, 30, or as many as the paper's 130.</summary>
    /// <param name="profile">The profile.</param>
    public static PhantomOptions Training(Profile profile) => new()
    {
        Site = PhantomSite.A,
        Scans = ProfileSettings.Of(profile, 10, 30, 130),
        Matrix = ProfileSettings.Of(profile, 64, 128, 256),
        Seed = Seed,
    };

    /// <summary>Another site, to test in another domain: as many scans as the test part of <see cref="Split"/>.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="site">B (TotalSegmentator-like) or C (MSD-like).</param>
    public static PhantomOptions Elsewhere(Profile profile, PhantomSite site) =>
        Training(profile) with { Site = site, Scans = SplitSizes(profile).Test };

    /// <summary>Scans of each part: 6, 1 and 3; 20, 2 and 8; or the paper's 100, 5 and 25 (§4.1).</summary>
    /// <param name="profile">The profile.</param>
    public static (int Train, int Validation, int Test) SplitSizes(Profile profile) => ProfileSettings.Of(profile, (6, 1, 3), (20, 2, 8), (100, 5, 25));

    /// <summary>The split of the training phantom's scans.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="ids">Scans that keep a slice.</param>
    /// <exception cref="Core.DatasetException">There are too few.</exception>
    public static ScanSplit Split(Profile profile, IEnumerable<string> ids)
    {
        var (train, validation, test) = SplitSizes(profile);
        return ScanSplit.BySeed(ids, train, validation, test, Seed);
    }

    /// <summary>A folder name of its own for each content, such as <c>phantom-a-30-256</c>.</summary>
    /// <param name="phantom">The phantom.</param>
    public static string FolderOf(PhantomOptions phantom)
    {
        ArgumentNullException.ThrowIfNull(phantom);
        var seed = phantom.Seed == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-seed{phantom.Seed}");
        var slices = phantom.Slices is { } count ? string.Create(CultureInfo.InvariantCulture, $"-slices{count}") : "";
        var layout = phantom.Layout is { } given ? $"-{given}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"phantom-{phantom.Site}-{phantom.Scans}-{phantom.Matrix}{seed}{slices}{layout}").ToLowerInvariant();
    }
}
