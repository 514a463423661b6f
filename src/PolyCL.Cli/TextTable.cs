using System.Text;

namespace PolyCL.Cli;

/// <summary>Columns of plain text, numbers to the right; the last column is free.</summary>
internal sealed class TextTable(params string[] head)
{
    private readonly List<string[]> rows = [head];

    public void Add(params string[] cells) => rows.Add(cells);

    public void Write(TextWriter writer)
    {
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                var cell = column > 0 && column < row.Length - 1 ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]);
                line.Append(cell).Append("  ");
            }

            writer.WriteLine(line.ToString().TrimEnd());
        }
    }
}
