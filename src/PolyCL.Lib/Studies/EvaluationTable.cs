using System.Globalization;
using PolyCL.Metrics;

namespace PolyCL.Studies;

/// <summary>One number of an evaluation.</summary>
/// <param name="Name">Name as in the JSON, with its unit.</param>
/// <param name="Mean">Mean, or null when there is nothing to average.</param>
/// <param name="Sd">Sample standard deviation, or null below two values.</param>
/// <param name="Text">Mean ± sample standard deviation and the note; a dash when there is nothing to average.</param>
/// <param name="Note">How many values, what was left out, or which definition.</param>
public readonly record struct EvaluationTableRow(string Name, double? Mean, double? Sd, string Text, string Note);

/// <summary>An evaluation's means as rows of text; never a mean without its count.</summary>
public static class EvaluationTable
{
    /// <summary>All means in the order of the JSON.</summary>
    public static IReadOnlyList<EvaluationTableRow> Rows(ScoreSummary scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var (volume, slice, paper) = (scores.Volume, scores.Slice, scores.PaperCode);
        var scans = $"n = {scores.Scans} scans";
        var distances = $"n = {volume.N} scans, {volume.LeftOut} left out";
        var slices = $"n = {slice.N} slices, {slice.LeftOut} left out ({slice.Missed} missed, {slice.Spurious} spurious)";
        return
        [
            Row("volume.dice", volume.Dice, volume.Sd.Dice, "0.0000", scans),
            Row("volume.hausdorff_mm", volume.HausdorffMm, volume.Sd.HausdorffMm, "0.00", distances),
            Row("volume.hd95_mm", volume.Hd95Mm, volume.Sd.Hd95Mm, "0.00", distances),
            Row("volume.assd_mm", volume.AssdMm, volume.Sd.AssdMm, "0.00", distances),
            Row("volume.surface_dice_2mm", volume.SurfaceDice2Mm, volume.Sd.SurfaceDice2Mm, "0.0000", scans),
            Row("slice.dice", slice.Dice, slice.Sd.Dice, "0.0000", "slices where a mask has pixels"),
            Row("slice.dice_all", slice.DiceAll, slice.Sd.DiceAll, "0.0000", "all slices, both empty counts 1"),
            Row("slice.hausdorff_px", slice.HausdorffPx, slice.Sd.HausdorffPx, "0.00", slices),
            Row("slice.hd95_px", slice.Hd95Px, slice.Sd.Hd95Px, "0.00", slices),
            Row("paper_code.dice", paper.Dice, paper.Sd.Dice, "0.0000", $"batches of {paper.Batch}"),
            Row("paper_code.hausdorff_px", paper.HausdorffPx, paper.Sd.HausdorffPx, "0.00", $"n = {paper.N} batches, {paper.LeftOut} left out"),
        ];
    }

    private static EvaluationTableRow Row(string name, double? mean, double? spread, string format, string note) => new(
        name,
        mean,
        spread,
        (mean is { } value ? value.ToString(format, CultureInfo.InvariantCulture) : "–")
        + (spread is { } sd ? " ± " + sd.ToString(format, CultureInfo.InvariantCulture) : "") + $" ({note})",
        note);
}
