using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>Prints an evaluation as text: provenance, means with their counts, one line per scan.</summary>
internal static class EvaluationReport
{
    public static void Write(Evaluation evaluation)
    {
        var scores = evaluation.Scores;
        Line("model", $"{evaluation.Model} ({evaluation.Run}), profile {evaluation.Profile}, seed {evaluation.Seed}");
        Line("data", $"{evaluation.DataFingerprint[..Math.Min(12, evaluation.DataFingerprint.Length)]}, part {evaluation.Part}, {scores.Scans} scans"
            + (evaluation.WithoutSlices.Count > 0 ? $", {evaluation.WithoutSlices.Count} without kept slices left out" : ""));
        if (evaluation.SeenScans.Count > 0)
        {
            Line("seen in training", $"{string.Join(", ", evaluation.SeenScans)}: their scores say nothing about new scans");
        }

        Line("definition", evaluation.Definition);
        foreach (var row in EvaluationTable.Rows(scores))
        {
            Line(row.Name, row.Text);
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine($"{"scan",-20} {"slices",6} {"Dice",7} {"HD mm",7} {"HD95 mm",8} {"ASSD mm",8}");
        foreach (var scan in evaluation.Scans)
        {
            var volume = scan.Scores.Volume;
            Console.Out.WriteLine(
                $"{scan.Scan,-20} {scan.Slices,6} {Text(volume.Dice, "0.0000"),7} {Text(volume.HausdorffMm, "0.00"),7} {Text(volume.Hd95Mm, "0.00"),8} {Text(volume.AssdMm, "0.00"),8}");
        }
    }

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-28} {value}");

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
