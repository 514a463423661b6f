using PolyCL.Data.Phantom;

namespace PolyCL.Studies;

/// <summary>How one of the paper's Tables 1–3 is made: trained on LiTS, tested on its own or another data set (§4.1).</summary>
/// <param name="Table">Number of the table.</param>
/// <param name="PaperDataset">The paper's name of the data set of the test scans.</param>
/// <param name="Site">The phantom's site that stands in for it.</param>
/// <param name="Part">Which scans are tested: "test" of the training's split, or "all" of another data set.</param>
public sealed record StudyProtocol(int Table, string PaperDataset, PhantomSite Site, string Part)
{
    /// <summary>The tables that a study can fill, in the order of the paper.</summary>
    public static IReadOnlyList<StudyProtocol> All { get; } =
    [
        new(1, "LiTS", PhantomSite.A, "test"),
        new(2, "TotalSegmentator", PhantomSite.B, "all"),
        new(3, "MSD", PhantomSite.C, "all"),
    ];

    /// <summary>Whether the test scans come from another data set than the training scans.</summary>
    public bool CrossDomain => Part == "all";

    /// <summary>The protocol of a table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A study cannot fill it.</exception>
    public static StudyProtocol Of(int table) =>
        All.FirstOrDefault(protocol => protocol.Table == table)
        ?? throw new ArgumentOutOfRangeException(nameof(table), $"Table {table} cannot be run; give one of {string.Join(", ", All.Select(protocol => protocol.Table))}.");

    /// <summary>Share of labels in a profile. The paper's tables name none: all labels; a tenth where the profile must be quick.</summary>
    public static double LabelFraction(Profile profile) => ProfileSettings.Of(profile, 0.1, 0.1, 1.0);

    /// <summary>Repeats in a profile: one, or the paper's five.</summary>
    public static int Repeats(Profile profile) => ProfileSettings.Of(profile, 1, 1, 5);
}
