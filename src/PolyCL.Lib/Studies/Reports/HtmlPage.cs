using System.Net;
using System.Text;
using PolyCL.Studies.Exports;

namespace PolyCL.Studies.Reports;

/// <summary>Writes blocks as one HTML page that asks nothing of a network: figures are inline SVG, styles are in its head, scripts there are none.</summary>
internal static class HtmlPage
{
    private const string Style =
        "body{font:15px/1.5 'DejaVu Sans',Verdana,sans-serif;color:#111;max-width:1180px;margin:2em auto;padding:0 1em}"
        + "h1{font-size:1.6em}h2{font-size:1.3em;margin-top:2.2em;border-bottom:1px solid #999}h3{font-size:1.1em;margin-top:1.6em}"
        + ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.8em;margin:.6em 0}caption{text-align:left;padding:.3em 0}"
        + "th,td{padding:.18em .45em;text-align:right;white-space:nowrap}th{font-weight:600;border-bottom:1px solid #111}.name{text-align:left}"
        + "thead tr:first-child th{border-top:2px solid #111}tbody tr:last-child td{border-bottom:2px solid #111}td.best{font-weight:700}"
        + "tbody tr.block td{border-top:1px solid #bbb}ul{font-size:.86em;padding-left:1.3em}.notes{color:#333}figure{margin:1.4em 0}"
        + "figure svg{max-width:100%;height:auto}figcaption{font-size:.86em}pre{font-size:.8em;background:#f4f4f4;padding:.8em;overflow-x:auto}summary{cursor:pointer}";

    public static string Text(IReadOnlyList<ReportBlock> blocks)
    {
        var title = blocks.OfType<ReportHeading>().First().Text;
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n");
        html.Append("<title>").Append(Escaped(title)).Append("</title>\n<style>").Append(Style).Append("</style>\n</head>\n<body>\n");
        foreach (var (block, place) in blocks.Select((block, place) => (block, place)))
        {
            Append(html, block, place);
            if (block is ReportHeading { Level: 1 })
            {
                AppendContents(html, blocks);
            }
        }

        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void AppendContents(StringBuilder html, IReadOnlyList<ReportBlock> blocks)
    {
        html.Append("<ul>\n");
        for (var place = 0; place < blocks.Count; place++)
        {
            if (blocks[place] is ReportHeading { Level: 2 } chapter)
            {
                html.Append("<li><a href=\"#c").Append(place).Append("\">").Append(Escaped(chapter.Text)).Append("</a></li>\n");
            }
        }

        html.Append("</ul>\n");
    }

    private static void Append(StringBuilder html, ReportBlock block, int place)
    {
        switch (block)
        {
            case ReportHeading heading:
                html.Append("<h").Append(heading.Level).Append(" id=\"c").Append(place).Append("\">").Append(Escaped(heading.Text)).Append("</h").Append(heading.Level).Append(">\n");
                break;
            case ReportText text:
                html.Append("<p>").Append(Escaped(text.Text)).Append("</p>\n");
                break;
            case ReportList list:
                AppendFolded(html, list.Fold, ListOf(list.Items, ""));
                break;
            case ReportTable table:
                AppendTable(html, table);
                break;
            case ReportFigure figure:
                var svg = figure.Picture.ToSvg();
                html.Append("<figure>\n").Append(svg, svg.IndexOf("<svg", StringComparison.Ordinal), svg.Length - svg.IndexOf("<svg", StringComparison.Ordinal))
                    .Append("\n<figcaption>").Append(Escaped(figure.Caption)).Append("</figcaption>\n</figure>\n");
                break;
            case ReportCode code:
                AppendFolded(html, code.Fold, $"<pre>{Escaped(code.Text)}</pre>\n");
                break;
        }
    }

    private static void AppendFolded(StringBuilder html, string? fold, string inner) =>
        html.Append(fold is null ? inner : $"<details>\n<summary>{Escaped(fold)}</summary>\n{inner}</details>\n");

    private static string ListOf(IReadOnlyList<string> items, string style) =>
        $"<ul{style}>\n{string.Concat(items.Select(item => $"<li>{Escaped(item)}</li>\n"))}</ul>\n";

    private static void AppendTable(StringBuilder html, ReportTable block)
    {
        var table = block.Table;
        html.Append("<div class=\"wide\">\n<table>\n<caption>").Append(Escaped(table.Caption)).Append("</caption>\n<thead>\n");
        if (table.Columns.Any(column => column.Group.Length > 0))
        {
            html.Append("<tr>").AppendJoin("", Groups(table.Columns)).Append("</tr>\n");
        }

        html.Append("<tr>").AppendJoin("", table.Columns.Select((column, i) => $"<th{NameClass(i, block)}>{Escaped(column.Name)}</th>")).Append("</tr>\n</thead>\n<tbody>\n");
        string? name = null;
        foreach (var row in table.Rows)
        {
            html.Append(name is null || row[0].Text == name ? "<tr>" : "<tr class=\"block\">");
            name = row[0].Text;
            html.AppendJoin("", row.Select((cell, i) => $"<td{(cell.Best ? " class=\"best\"" : NameClass(i, block))}>{Escaped(cell.Text)}</td>")).Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>\n</div>\n").Append(table.Footnotes.Count > 0 ? ListOf(table.Footnotes, " class=\"notes\"") : "");
    }

    private static string NameClass(int column, ReportTable block) => column < block.Names ? " class=\"name\"" : "";

    private static IEnumerable<string> Groups(IReadOnlyList<TextColumn> columns)
    {
        for (var start = 0; start < columns.Count;)
        {
            var count = columns.Skip(start).TakeWhile(column => column.Group == columns[start].Group).Count();
            yield return $"<th colspan=\"{count}\" style=\"text-align:center\">{Escaped(columns[start].Group)}</th>";
            start += count;
        }
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
