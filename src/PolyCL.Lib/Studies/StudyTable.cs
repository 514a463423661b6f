namespace PolyCL.Studies;

/// <summary>One table of a study, filled from stored runs: what every export, statistic, figure and report is made from.</summary>
/// <remarks>A value without behaviour; serialises with <see cref="Core.SettingsJson"/>. Rows stand in the order of the paper.</remarks>
public sealed record StudyTable
{
    /// <summary>Number of the paper's table, 1 to 7.</summary>
    public required int Number { get; init; }

    /// <summary>What the table shows, in one line; a caveat that belongs into the caption (such as shared scans) stands here.</summary>
    public required string Title { get; init; }

    /// <summary>Profile of all its runs, as results name it: "smoke", "quick", "paper", with ", changed" when settings were changed.</summary>
    public required string Profile { get; init; }

    /// <summary>The paper's name of the data set of the test scans: LiTS, TotalSegmentator or MSD.</summary>
    public required string PaperDataset { get; init; }

    /// <summary>The data sets used, with their fingerprints, in one line.</summary>
    public required string DataLine { get; init; }

    /// <summary>What the numbers were taken on, and how, in one line.</summary>
    public required string Definition { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<StudyTableRow> Rows { get; init; }

    /// <summary>Sentences to stand beneath the table: counts of slices, shares of the organ, fallbacks, what was left out.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>How the table came to be, in one line: run folders, code version, machine.</summary>
    public required string Provenance { get; init; }

    /// <summary>Whether the images are generated: numbers on phantoms say nothing about CT.</summary>
    public required bool Phantom { get; init; }
}
