using System.CommandLine;
using System.Globalization;
using PolyCL.Metrics;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl metrics PRED TRUTH</c>: how well a predicted mask agrees with the true one.</summary>
internal static class MetricsCommand
{
    public static Command Create()
    {
        var prediction = new Argument<string>("prediction") { Description = "A NIfTI file: mask or label map; probabilities from 0 to 1 with --prob." };
        var truth = new Argument<string>("truth") { Description = "A NIfTI file on the same grid: mask or label map." };
        var probabilities = new Option<bool>("--prob") { Description = "The prediction holds probabilities; above 0.5 counts as organ." };
        var label = new Option<int?>("--label") { Description = "The label of the target organ in both files; without it all values above 0." };
        var orientation = LabelArguments.AxesOption("The true axis order of both files when their own is missing or wrong, such as LPS.");
        var batch = new Option<int>("--batch") { Description = "Slices per batch of the paper code's evaluation.", DefaultValueFactory = _ => 1 };
        batch.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var size && size < 1)
            {
                result.AddError($"--batch is {size}; it must be above 0.");
            }
        });
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("metrics", "Compare a predicted mask with the true one: Dice, Hausdorff, HD95, ASSD, surface Dice.")
        {
            prediction, truth, probabilities, label, orientation, batch, json,
        };
        command.SetAction(parse =>
        {
            var options = new ScanPairOptions
            {
                Probabilities = parse.GetValue(probabilities),
                Label = parse.GetValue(label),
                Orientation = LabelArguments.Axes(parse, orientation),
            };
            var pair = ScanPair.Read(parse.GetRequiredValue(prediction), parse.GetRequiredValue(truth), options);
            foreach (var warning in pair.Warnings)
            {
                Console.Error.WriteLine($"polycl: warning: {warning}");
            }

            var scores = ScoreSummary.Of([pair.Evaluate()], parse.GetValue(batch));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(scores);
            }
            else
            {
                WriteText(pair, scores);
            }

            return 0;
        });
        return command;
    }

    private static void WriteText(ScanPair pair, ScoreSummary scores)
    {
        var (volume, slice, paper) = (scores.Volume, scores.Slice, scores.PaperCode);
        Console.Out.WriteLine($"{pair.Shape} voxels of {pair.Spacing}, slices axial");
        Console.Out.WriteLine("whole volume");
        Line("Dice", volume.Dice, "");
        Line("Hausdorff", volume.HausdorffMm, " mm");
        Line("HD95", volume.Hd95Mm, " mm");
        Line("ASSD", volume.AssdMm, " mm");
        Line("surface Dice, 2 mm", volume.SurfaceDice2Mm, "");
        Console.Out.WriteLine($"per slice: {slice.N} measured, {slice.LeftOut} left out of the distances ({slice.Missed} missed, {slice.Spurious} spurious)");
        Line("Dice", slice.Dice, "");
        Line("Dice, all slices", slice.DiceAll, "");
        Line("Hausdorff", slice.HausdorffPx, " px");
        Line("HD95", slice.Hd95Px, " px");
        Console.Out.WriteLine($"as the paper's code, batch {paper.Batch}: {paper.N} in the Hausdorff, {paper.LeftOut} left out");
        Line("Dice", paper.Dice, "");
        Line("Hausdorff", paper.HausdorffPx, " px");
    }

    private static void Line(string name, double? value, string unit)
    {
        var text = value is { } number ? number.ToString("0.0000", CultureInfo.InvariantCulture) + unit : "not defined";
        Console.Out.WriteLine($"  {name,-20} {text}");
    }
}
