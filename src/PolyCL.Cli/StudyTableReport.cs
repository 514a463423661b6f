using System.Globalization;
using PolyCL.Studies;
using PolyCL.Studies.Statistics;

namespace PolyCL.Cli;

/// <summary>Prints a table of a study as text: the paper's numbers, ours over runs by both definitions, and what one must know beneath.</summary>
internal static class StudyTableReport
{
    private static readonly StudyMetric[] Metrics = [StudyMetric.PaperDice, StudyMetric.PaperHausdorff, .. StudyMetric.Of("volume.dice,volume.hd95_mm")];

    public static void Write(StudyTable table)
    {
        Console.Out.WriteLine($"Table {table.Number}. {table.Title}. Profile {table.Profile}.");
        Console.Out.WriteLine();
        var text = new TextTable(["row", "runs", "paper Dice", .. Metrics.Take(1).Select(metric => metric.Name), "paper HD", .. Metrics.Skip(1).Select(metric => metric.Name), "missing"]);
        foreach (var row in table.Rows)
        {
            string Ours(StudyMetric metric) => Over(metric, [.. row.Runs.Select(run => metric.Of(run.Scores)).OfType<double>()]);
            text.Add([
                row.Label, row.Runs.Count.ToString(CultureInfo.InvariantCulture), Printed(StudyMetric.PaperDice, row), Ours(Metrics[0]),
                Printed(StudyMetric.PaperHausdorff, row), .. Metrics.Skip(1).Select(Ours), row.Missing ?? ""]);
        }

        text.Write(Console.Out);
        Console.Out.WriteLine();
        foreach (var line in (string[])[$"Definition: {table.Definition}.", $"Data: {table.DataLine}.", .. table.Notes, $"Provenance: {table.Provenance}."])
        {
            Console.Out.WriteLine(line);
        }

        Console.Out.WriteLine();
    }

    private static string Over(StudyMetric metric, double[] values) =>
        values.Length == 0 ? "–" : metric.Text(values.Average()) + (MeanOfRepeats.Of(values) is { } repeats ? $" ± {metric.Text(repeats.Sd)}" : "");

    private static string Printed(StudyMetric metric, StudyTableRow row) =>
        metric.Printed(row) is { } cell ? $"{metric.Text(cell.Mean)} ± {metric.Text(cell.Sd)}" : "–";
}
