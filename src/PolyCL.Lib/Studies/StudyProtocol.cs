using PolyCL.Data.Phantom;
using PolyCL.Studies.Masks;

namespace PolyCL.Studies;

/// <summary>How one of the paper's tables is made: trained on LiTS, tested on its own or another data set (§4.1), with SAM or SAM 2 in Tables 4–7.</summary>
/// <param name="Table">Number of the table.</param>
/// <param name="PaperDataset">The paper's name of the data set of the test scans.</param>
/// <param name="Site">The phantom's site that stands in for it.</param>
/// <param name="Part">Which scans are tested: "test" of the training's split, or "all" of another data set.</param>
public sealed record StudyProtocol(int Table, string PaperDataset, PhantomSite Site, string Part)
{
    /// <summary>All tables, in the order of the paper.</summary>
    public static IReadOnlyList<StudyProtocol> All { get; } =
    [
        new(1, "LiTS", PhantomSite.A, "test"),
        new(2, "TotalSegmentator", PhantomSite.B, "all"),
        new(3, "MSD", PhantomSite.C, "all"),
        new(4, "LiTS", PhantomSite.A, "test") { Sam = SamUse.Refine },
        new(5, "LiTS", PhantomSite.A, "test") { Sam = SamUse.Refine },
        new(6, "LiTS", PhantomSite.A, "test") { Sam = SamUse.Propagate },
        new(7, "LiTS", PhantomSite.A, "test") { Sam = SamUse.Propagate },
    ];

    /// <summary>Whether the test scans come from another data set than the training scans.</summary>
    public bool CrossDomain => Part == "all";

    /// <summary>Whether the rows vary the share of labels and repeat with SAM or SAM 2 (Tables 4–7).</summary>
    public bool VariesLabels => Sam != SamUse.None;

    /// <summary>What SAM does in half of the rows.</summary>
    internal SamUse Sam { get; private init; }

    /// <summary>The protocol of a table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The paper has no such table of scores.</exception>
    public static StudyProtocol Of(int table) =>
        All.FirstOrDefault(protocol => protocol.Table == table)
        ?? throw new ArgumentOutOfRangeException(nameof(table), $"Table {table} cannot be run; give one of {string.Join(", ", All.Select(protocol => protocol.Table))}.");

    /// <summary>Share of labels of Tables 1–3 in a profile. They name none: all labels; a tenth where the profile must be quick.</summary>
    public static double LabelFraction(Profile profile) => ProfileSettings.Of(profile, 0.1, 0.1, 1.0);

    /// <summary>Repeats in a profile: one, or the paper's five.</summary>
    public static int Repeats(Profile profile) => ProfileSettings.Of(profile, 1, 1, 5);
}
