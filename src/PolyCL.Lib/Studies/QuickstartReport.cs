using System.Globalization;
using System.Text;

namespace PolyCL.Studies;

/// <summary>One repeat of the quickstart.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Pretrained">Scores of PolyCL-M pre-training and fine-tuning.</param>
/// <param name="Scratch">Scores of the same network from scratch.</param>
public sealed record QuickstartRepeat(long Seed, Evaluation Pretrained, Evaluation Scratch);

/// <summary>What the quickstart found.</summary>
public sealed record QuickstartReport
{
    /// <summary>The settings.</summary>
    public required QuickstartOptions Options { get; init; }

    /// <summary>Scans of each part of the split.</summary>
    public required string Split { get; init; }

    /// <summary>What pre-training could draw.</summary>
    public required Sampling.SelectionSummary Selection { get; init; }

    /// <summary>One entry per seed.</summary>
    public required IReadOnlyList<QuickstartRepeat> Repeats { get; init; }

    /// <summary>volume.dice of PolyCL-M less that of from-scratch, paired per test scan, seeds averaged first.</summary>
    public required PairedComparison Dice { get; init; }

    /// <summary>Seconds in all.</summary>
    public required double Seconds { get; init; }

    /// <summary>The folder with tables, curve and pictures.</summary>
    public required string Folder { get; init; }

    /// <summary>The report as Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        var first = Repeats[0];
        text.AppendLine("# PolyCL quickstart");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Generated phantom CT (site A, {Options.Scans} scans, seed 1), profile {first.Pretrained.Profile}, data {first.Pretrained.DataFingerprint[..12]}, split {Split}.");
        text.AppendLine("These numbers stand for the phantom and this profile alone; they are no reproduction of the paper.");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Pre-training: {Selection.Anchors} anchors, {Selection.OrganShare:0.0%} of the slices show the organ, {Selection.Fallbacks.Sum(fallback => fallback.Anchors)} anchors use a fallback partner.");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| seed | PolyCL-M, {Options.LabelFraction:0%} labels: volume.dice | from scratch: volume.dice |");
        text.AppendLine("| --- | --- | --- |");
        foreach (var repeat in Repeats)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {repeat.Seed} | {repeat.Pretrained.Scores.Volume.Dice:0.0000} ± {repeat.Pretrained.Scores.Volume.Sd.Dice:0.0000} | {repeat.Scratch.Scores.Volume.Dice:0.0000} ± {repeat.Scratch.Scores.Volume.Sd.Dice:0.0000} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Paired over {Dice.N} test scans (seeds averaged first): difference {Dice.MeanDifference:+0.0000;-0.0000}, 95 % interval {Dice.Low:+0.0000;-0.0000} to {Dice.High:+0.0000;-0.0000}, PolyCL-M ahead in {Dice.Wins} scans, behind in {Dice.Losses}, sign-flip p = {Dice.PValue:0.0000}.");
        if (Repeats.Count == 1)
        {
            text.AppendLine("One seed: the interval and p compare these two trained networks over scans, not the methods; another seed may turn the sign. Use --repeats 5.");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"## All scores, seed {first.Seed}");
        text.AppendLine();
        text.AppendLine("| metric | PolyCL-M | from scratch |");
        text.AppendLine("| --- | --- | --- |");
        foreach (var (pretrained, scratch) in EvaluationTable.Rows(first.Pretrained.Scores).Zip(EvaluationTable.Rows(first.Scratch.Scores)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {pretrained.Name} | {pretrained.Text} | {scratch.Text} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Definition: {first.Pretrained.Definition}.");
        return text.ToString();
    }
}
