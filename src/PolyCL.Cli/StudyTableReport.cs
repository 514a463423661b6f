using System.Globalization;
using PolyCL.Studies;
using PolyCL.Studies.Exports;

namespace PolyCL.Cli;

/// <summary>Prints a table of a study as text: the paper's numbers, ours over runs by both definitions, and what one must know beneath.</summary>
internal static class StudyTableReport
{
    public static void Write(StudyTable table)
    {
        Console.Out.WriteLine($"Table {table.Number}. {table.Title}. Profile {table.Profile}.");
        Console.Out.WriteLine();
        var printed = StudyMetric.PrintedIn(table);
        List<StudyMetric> metrics = [.. printed, .. StudyMetric.Of("volume.dice,volume.hd95_mm")];
        var scores = metrics.Select(metric => RowScore.Of(table, metric)).ToList();
        var text = new TextTable(["row", "runs", .. printed.Select(metric => metric == StudyMetric.PaperDice ? "paper Dice" : "paper HD"), .. metrics.Select(metric => metric.Name), ""]);
        for (var r = 0; r < table.Rows.Count; r++)
        {
            var row = table.Rows[r];
            text.Add([
                row.Label, row.Runs.Count.ToString(CultureInfo.InvariantCulture), .. scores.Take(printed.Count).Select(metric => metric[r].PrintedText),
                .. scores.Select(metric => metric[r].Text + (metric[r].IsBest ? "*" : " ")), row.Missing ?? ""]);
        }

        text.Write(Console.Out);
        Console.Out.WriteLine();
        foreach (var line in (string[])[table.Rows.Any(row => row.UpperBound) ? "* best of the column, upper bounds aside." : "* best of the column.", $"Definition: {table.Definition}.", $"Data: {table.DataLine}.", .. table.Notes, $"Provenance: {table.Provenance}."])
        {
            Console.Out.WriteLine(line);
        }

        Console.Out.WriteLine();
    }
}
