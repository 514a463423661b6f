using System.Text;

namespace PolyCL.Studies.Exports;

/// <summary>Writes a table as LaTeX with the rules of the booktabs package; compiles with pdfLaTeX without further packages.</summary>
internal static class LatexExport
{
    /// <summary>The last letter of Latin Extended-A: pdfLaTeX prints those without packages, and stops at most others.</summary>
    private const char LastKnown = '\u017F';

    public static string Text(StudyTableText table, string label)
    {
        var text = new StringBuilder("% needs \\usepackage{booktabs} in the preamble\n\\begin{table*}\n  \\centering\n  \\scriptsize\n  \\setlength{\\tabcolsep}{3pt}\n");
        text.Append("  \\caption{").Append(Escaped(table.Caption)).Append("}\n  \\label{").Append(label).Append("}\n");
        var names = table.Columns.TakeWhile(column => column.Group.Length == 0).Count();
        text.Append("  \\begin{tabular}{ll").Append('r', table.Columns.Count - 2).Append("}\n    \\toprule\n");
        text.Append(Groups(table.Columns, names));
        text.Append(Line(table.Columns.Select(column => Escaped(column.Name)))).Append("    \\midrule\n");
        string? block = null;
        foreach (var row in table.Rows)
        {
            if (block is not null && row[0].Text != block)
            {
                text.Append("    \\addlinespace\n");
            }

            block = row[0].Text;
            text.Append(Line(row.Select(cell => cell.Best ? $"\\textbf{{{Escaped(cell.Text)}}}" : Escaped(cell.Text))));
        }

        text.Append("    \\bottomrule\n  \\end{tabular}\n  \\par\\smallskip\n  \\begin{minipage}{\\textwidth}\n    \\raggedright\n");
        foreach (var note in table.Footnotes)
        {
            text.Append("    ").Append(Escaped(note)).Append("\\par\n");
        }

        return text.Append("  \\end{minipage}\n\\end{table*}\n").ToString();
    }

    /// <summary>Text with every sign that LaTeX would take for a command written so that it prints.</summary>
    internal static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var sign in text)
        {
            escaped.Append(sign switch
            {
                '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{sign}",
                '[' or ']' => $"{{{sign}}}",                             // after \\ a bracket would be an argument
                '\\' => "\\textbackslash{}",
                '~' => "\\textasciitilde{}",
                '^' => "\\textasciicircum{}",
                '|' => "\\textbar{}",
                '<' => "$<$",
                '>' => "$>$",
                '±' => "$\\pm$",
                '−' => "$-$",
                '×' => "$\\times$",
                '·' => "$\\cdot$",
                '≤' => "$\\leq$",
                '≥' => "$\\geq$",
                'τ' => "$\\tau$",
                '…' => "\\ldots{}",
                '–' => "\\textendash{}",
                '\n' or '\r' => " ",
                > LastKnown => $"U+{(int)sign:X4}",
                _ => sign.ToString(),
            });
        }

        return escaped.Replace("--", "-{}-").ToString();
    }

    private static string Groups(IReadOnlyList<TextColumn> columns, int names)
    {
        var heads = new StringBuilder("    " + string.Concat(Enumerable.Repeat("& ", names)).TrimEnd());
        var rules = new StringBuilder("    ");
        for (var start = names; start < columns.Count;)
        {
            var stop = start;
            while (stop < columns.Count && columns[stop].Group == columns[start].Group)
            {
                stop++;
            }

            heads.Append(start > names ? " & " : " ").Append("\\multicolumn{").Append(stop - start).Append("}{c}{").Append(Escaped(columns[start].Group)).Append('}');
            rules.Append("\\cmidrule(lr){").Append(start + 1).Append('-').Append(stop).Append('}');
            start = stop;
        }

        return $"{heads} \\\\\n{rules}\n";
    }

    private static string Line(IEnumerable<string> cells) => $"    {string.Join(" & ", cells)} \\\\\n";
}
