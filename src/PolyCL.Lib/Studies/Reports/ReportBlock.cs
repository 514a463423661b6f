using PolyCL.Studies.Exports;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Reports;

/// <summary>A part of a report, written out by each format in its own way.</summary>
internal abstract record ReportBlock;

/// <summary>A heading.</summary>
/// <param name="Level">1 for the report's title, 2 for a chapter, 3 below.</param>
/// <param name="Text">The words.</param>
internal sealed record ReportHeading(int Level, string Text) : ReportBlock;

/// <summary>A paragraph.</summary>
/// <param name="Text">The words.</param>
internal sealed record ReportText(string Text) : ReportBlock;

/// <summary>Sentences one beneath the other.</summary>
/// <param name="Items">The sentences.</param>
/// <param name="Fold">What to press to see them, for long lists; null shows them at once.</param>
internal sealed record ReportList(IReadOnlyList<string> Items, string? Fold = null) : ReportBlock;

/// <summary>A table.</summary>
/// <param name="Table">Caption, headings, cells and footnotes.</param>
/// <param name="Names">Columns at the left that hold names, not numbers.</param>
internal sealed record ReportTable(StudyTableText Table, int Names) : ReportBlock;

/// <summary>A picture.</summary>
/// <param name="Name">Name of its file without ending, where it becomes one.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Picture">The picture.</param>
internal sealed record ReportFigure(string Name, string Caption, Picture Picture) : ReportBlock;

/// <summary>Text to stand as it is, folded away.</summary>
/// <param name="Fold">What to press to see it.</param>
/// <param name="Text">The text.</param>
internal sealed record ReportCode(string Fold, string Text) : ReportBlock;
