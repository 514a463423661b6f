using System.Globalization;
using PolyCL.Studies;
using PolyCL.Studies.Exports;

namespace PolyCL.Cli;

/// <summary>Prints a table of a study as text: the paper's numbers, ours over runs by both definitions, and what one must know beneath.</summary>
internal static class StudyTableReport
{
    private static readonly StudyMetric[] Metrics = [StudyMetric.PaperDice, StudyMetric.PaperHausdorff, .. StudyMetric.Of("volume.dice,volume.hd95_mm")];

    public static void Write(StudyTable table)
    {
        Console.Out.WriteLine($"Table {table.Number}. {table.Title}. Profile {table.Profile}.");
        Console.Out.WriteLine();
        var scores = Metrics.Select(metric => RowScore.Of(table, metric)).ToList();
        var text = new TextTable(["row", "runs", "paper Dice", "paper HD", .. Metrics.Select(metric => metric.Name), ""]);
        for (var r = 0; r < table.Rows.Count; r++)
        {
            var row = table.Rows[r];
            text.Add([
                row.Label, row.Runs.Count.ToString(CultureInfo.InvariantCulture), scores[0][r].PrintedText, scores[1][r].PrintedText,
                .. scores.Select(metric => metric[r].Text + (metric[r].IsBest ? "*" : " ")), row.Missing ?? ""]);
        }

        text.Write(Console.Out);
        Console.Out.WriteLine();
        foreach (var line in (string[])["* best of the column.", $"Definition: {table.Definition}.", $"Data: {table.DataLine}.", .. table.Notes, $"Provenance: {table.Provenance}."])
        {
            Console.Out.WriteLine(line);
        }

        Console.Out.WriteLine();
    }
}
