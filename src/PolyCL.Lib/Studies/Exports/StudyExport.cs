using PolyCL.Core;

namespace PolyCL.Studies.Exports;

/// <summary>Writes a study's table in a format.</summary>
public static class StudyExport
{
    /// <summary>The table as text that ends with a line break.</summary>
    /// <param name="table">The table.</param>
    /// <param name="format">The format.</param>
    /// <param name="metrics">The metrics; null for the two that the paper prints. JSON holds all of them always.</param>
    /// <exception cref="ArgumentException">There is no metric.</exception>
    public static string Text(StudyTable table, ExportFormat format, IReadOnlyList<StudyMetric>? metrics = null) => format switch
    {
        ExportFormat.Markdown => MarkdownExport.Text(StudyTableText.Of(table, metrics ?? StudyMetric.OfPaper)),
        ExportFormat.Latex => LatexExport.Text(StudyTableText.Of(table, metrics ?? StudyMetric.OfPaper), $"tab:polycl-{table.Number}"),
        ExportFormat.Csv => CsvExport.Text(table, metrics ?? StudyMetric.OfPaper),
        _ => SettingsJson.ToText(table) + "\n",
    };
}
