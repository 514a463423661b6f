using System.Text;

namespace PolyCL.Studies.Exports;

/// <summary>Writes a table as Markdown.</summary>
internal static class MarkdownExport
{
    public static string Text(StudyTableText table)
    {
        var text = new StringBuilder();
        text.Append("**").Append(Escaped(table.Caption)).Append("**\n\n");
        text.Append(Line(table.Columns.Select(column => column.Group.Length > 0 ? $"{column.Group}: {column.Name}" : column.Name)));
        text.Append(Line(table.Columns.Select((_, i) => i < 2 ? "---" : "---:")));
        foreach (var row in table.Rows)
        {
            text.Append(Line(row.Select(cell => cell.Best ? $"**{Escaped(cell.Text)}**" : Escaped(cell.Text)), escape: false));
        }

        text.Append('\n');
        foreach (var note in table.Footnotes)
        {
            text.Append("- ").Append(Escaped(note)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Text with the signs that mean something in Markdown made plain.</summary>
    internal static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var sign in text)
        {
            escaped.Append(sign is '|' or '*' or '_' or '`' or '[' or ']' or '<' or '\\' ? $"\\{sign}" : sign is '\n' or '\r' ? " " : sign);
        }

        return escaped.ToString();
    }

    private static string Line(IEnumerable<string> cells, bool escape = true) => $"| {string.Join(" | ", cells.Select(cell => escape ? Escaped(cell) : cell))} |\n";
}
