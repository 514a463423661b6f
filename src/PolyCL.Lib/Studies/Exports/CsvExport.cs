using System.Globalization;

namespace PolyCL.Studies.Exports;

/// <summary>Writes a table as comma-separated values (RFC 4180): one line per row and metric, each with profile and data, all digits kept.</summary>
internal static class CsvExport
{
    private static readonly string[] Columns =
    [
        "table", "profile", "phantom", "data", "test_set", "backbone", "arm", "label_percent", "metric", "paper_mean", "paper_sd", "mean", "sd", "runs",
        "difference", "best", "baseline", "scans", "mean_difference", "low", "high", "hodges_lehmann", "rank_biserial", "p", "p_holm", "test", "missing",
    ];

    public static string Text(IReadOnlyList<StudyTable> tables, Func<StudyTable, IReadOnlyList<StudyMetric>> metrics)
    {
        var lines =
            from table in tables
            from metric in metrics(table)
            from score in RowScore.Of(table, metric)
            select Line(Cells(table, score));
        return Line(Columns) + string.Concat(lines);
    }

    private static IEnumerable<string> Cells(StudyTable table, RowScore score)
    {
        var (row, against) = (score.Row, score.Against);
        return
        [
            Number(table.Number), table.Profile, table.Phantom ? "true" : "false", table.DataLine, table.PaperDataset, row.Backbone, row.Model,
            Number(row.LabelPercent), score.Metric.Name, Number(score.Printed?.Mean), Number(score.Printed?.Sd), Number(score.Mean), Number(score.Sd),
            Number(score.Runs), Number(score.Difference), score.IsBest ? "true" : "false", against?.Second ?? "", Number(against?.Paired.N),
            Number(against?.Paired.MeanDifference), Number(against?.Paired.Low), Number(against?.Paired.High), Number(against?.Centre.Estimate),
            Number(against?.SignedRank.RankBiserial), Number(against?.PValue), Number(against?.Adjusted), against?.Test ?? "", row.Missing ?? "",
        ];
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Quoted)) + "\r\n";

    private static string Quoted(string cell) => cell.IndexOfAny([',', '"', '\n', '\r']) >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
