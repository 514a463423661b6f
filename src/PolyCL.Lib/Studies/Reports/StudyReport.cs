using PolyCL.Core;
using PolyCL.Studies.Claims;
using PolyCL.Training;

namespace PolyCL.Studies.Reports;

/// <summary>Everything a reviewer would ask for on one page: tables, comparisons, figures, claims, settings, environment, run folders.</summary>
/// <remarks>The HTML stands alone: figures are inside it, and it asks nothing of a network. Equal tables give equal pages.</remarks>
public sealed record StudyReport
{
    /// <summary>The tables, in order.</summary>
    public required IReadOnlyList<StudyTable> Tables { get; init; }

    /// <summary>What the runs were made with; null when only their tables are known.</summary>
    public StudyOptions? Options { get; init; }

    /// <summary>Where the report is written; null leaves it out. Where the runs were computed stands beneath each table.</summary>
    public RunEnvironment? Environment { get; init; }

    /// <summary>Masks of rows with SAM or SAM 2, drawn beneath their tables: by number of the table.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<StudyMasks>> Masks { get; init; } = new Dictionary<int, IReadOnlyList<StudyMasks>>();

    /// <summary>Repeats behind each printed mean, for the check of the paper's claims.</summary>
    public int PaperRepeats { get; init => field = Check.InRange(value, 2, 1000, nameof(PaperRepeats)); } = ClaimReport.PaperRepeats;

    /// <summary>The report as one HTML page.</summary>
    /// <exception cref="ArgumentException">There is no table.</exception>
    public string ToHtml() => HtmlPage.Text(ReportWriter.Blocks(this));

    /// <summary>Writes the report, whole or not at all; the name decides: .html, or .md with its figures as SVG files in a folder beside it.</summary>
    /// <exception cref="ArgumentException">There is no table, or the name ends in neither.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(string path)
    {
        switch (Path.GetExtension(Check.NotBlank(path)).ToUpperInvariant())
        {
            case ".HTML" or ".HTM":
                AtomicFile.WriteText(path, ToHtml());
                break;
            case ".MD":
                MarkdownPage.Write(path, ReportWriter.Blocks(this));
                break;
            default:
                throw new ArgumentException($"{path}: a report is named .html or .md.", nameof(path));
        }
    }
}
