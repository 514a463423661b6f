using PolyCL.Core;

namespace PolyCL.Studies.Exports;

/// <summary>Writes tables of a study in a format.</summary>
public static class StudyExport
{
    /// <summary>Writes the tables, whole or not at all; the name decides: .md, .csv, .tex or .json.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="path">The file.</param>
    /// <param name="metrics">The metrics; null for those that the paper prints in the table.</param>
    /// <exception cref="ArgumentException">The name ends in none of these, or there is no metric.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(IReadOnlyList<StudyTable> tables, string path, IReadOnlyList<StudyMetric>? metrics = null)
    {
        var format = Path.GetExtension(Check.NotBlank(path)).ToUpperInvariant() switch
        {
            ".MD" => ExportFormat.Markdown,
            ".CSV" => ExportFormat.Csv,
            ".TEX" => ExportFormat.Latex,
            ".JSON" => ExportFormat.Json,
            _ => throw new ArgumentException($"{path}: a table is named .md, .csv, .tex or .json.", nameof(path)),
        };
        AtomicFile.WriteText(path, Text(tables, format, metrics));
    }

    /// <summary>The tables as text that ends with a line break; CSV has one heading, JSON is a list when there are several.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="format">The format.</param>
    /// <param name="metrics">The metrics; null for those that the paper prints in the table. JSON holds all of them always.</param>
    /// <exception cref="ArgumentException">There is no metric.</exception>
    public static string Text(IReadOnlyList<StudyTable> tables, ExportFormat format, IReadOnlyList<StudyMetric>? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return format switch
        {
            ExportFormat.Markdown => string.Join("\n", tables.Select(table => MarkdownExport.Text(StudyTableText.Of(table, Chosen(table))))),
            ExportFormat.Latex => string.Join("\n", tables.Select(table => LatexExport.Text(StudyTableText.Of(table, Chosen(table)), $"tab:polycl-{table.Number}"))),
            ExportFormat.Csv => CsvExport.Text(tables, Chosen),
            _ => (tables.Count == 1 ? SettingsJson.ToText(tables[0]) : SettingsJson.ToText(tables)) + "\n",
        };

        IReadOnlyList<StudyMetric> Chosen(StudyTable table) => metrics ?? StudyMetric.PrintedIn(table);
    }
}
