using System.Globalization;
using PolyCL.Training;

namespace PolyCL.Cli;

/// <summary>Prints what a finished training left behind.</summary>
internal static class RunReport
{
    public static void Write(RunResult result, bool json)
    {
        if (json)
        {
            JsonOutput.Write(result);
            return;
        }

        Line("run", result.Run);
        Line("arm", result.Arm);
        Line("profile", $"{result.Profile}, seed {result.Seed}");
        Line("data", result.DataFingerprint[..Math.Min(12, result.DataFingerprint.Length)]);
        Line("trained on", $"{result.Items} slices of {result.Scans} scans, {result.Steps} steps in {Text(result.Seconds, "0.0")} s");
        Line("loss", Text(result.Loss, "0.0000") + (result.ValidationLoss is { } validation ? $", best validation {Text(validation, "0.0000")} in epoch {result.Epoch}" : ""));
        if (result.Probe is { } probe)
        {
            Line("probe", $"{probe.ToWords()}{(probe.Alignment is { } alignment ? $", alignment {Text(alignment, "0.00")}" : "")}, uniformity {Text(probe.Uniformity, "0.00")} on {probe.Slices} validation slices");
        }

        Line("weights", Path.Combine(result.Folder, result.Weights));
        Line("digest", result.WeightsDigest);
    }

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-12} {value}");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
