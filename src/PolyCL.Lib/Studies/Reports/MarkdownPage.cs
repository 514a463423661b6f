using System.Text;
using PolyCL.Core;
using PolyCL.Studies.Exports;

namespace PolyCL.Studies.Reports;

/// <summary>Writes blocks as a Markdown file with its figures as SVG files in a folder beside it.</summary>
internal static class MarkdownPage
{
    public static void Write(string path, IReadOnlyList<ReportBlock> blocks)
    {
        var folder = Path.GetFileNameWithoutExtension(path) + "-figures";
        var text = new StringBuilder();
        foreach (var block in blocks)
        {
            if (block is ReportFigure figure)
            {
                figure.Picture.Write(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, folder, figure.Name + ".svg"));
            }

            text.Append(Text(block, folder)).Append('\n');
        }

        AtomicFile.WriteText(path, text.ToString());
    }

    private static string Text(ReportBlock block, string folder) => block switch
    {
        ReportHeading heading => $"{new string('#', heading.Level)} {MarkdownExport.Escaped(heading.Text)}\n",
        ReportText text => MarkdownExport.Escaped(text.Text) + "\n",
        ReportList list => (list.Fold is null ? "" : $"{MarkdownExport.Escaped(list.Fold)}:\n\n") + string.Concat(list.Items.Select(item => $"- {MarkdownExport.Escaped(item)}\n")),
        ReportTable table => MarkdownExport.Text(table.Table),
        ReportFigure figure => $"![{MarkdownExport.Escaped(figure.Caption)}](<{folder}/{figure.Name}.svg>)\n",
        ReportCode code => $"{MarkdownExport.Escaped(code.Fold)}:\n\n```json\n{code.Text}\n```\n",
        _ => throw new ArgumentException($"A report has no blocks of {block.GetType().Name}.", nameof(block)),
    };
}
