using System.Globalization;
using PolyCL.Core;
using PolyCL.Studies.Claims;
using PolyCL.Studies.Exports;
using PolyCL.Studies.Figures;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Reports;

/// <summary>Puts a report together, block by block.</summary>
internal static class ReportWriter
{
    private const int PairsShown = 3;

    private static readonly IReadOnlyList<StudyMetric> Standard = StudyMetric.Of("volume.dice,volume.hd95_mm,volume.assd_mm,volume.surface_dice_2mm");

    public static IReadOnlyList<ReportBlock> Blocks(StudyReport report) =>
        report.Tables.Count == 0
            ? throw new ArgumentException("The report has no table; give at least one.")
            :
            [
                new ReportHeading(1, $"Tables {string.Join(", ", report.Tables.Select(table => table.Number))} of the PolyCL paper"),
                .. report.Tables.Select(StudyTableText.Standing).Distinct().Select(text => new ReportText(text)),
                .. report.Tables.SelectMany(table => OfTable(table).Concat(OfMasks(table, report.Masks))),
                .. report.Tables.SelectMany(table => OfClaims(ClaimReport.Of(table.Number, table, report.PaperRepeats))),
                .. OfMaking(report),
            ];

    private static IEnumerable<ReportBlock> OfTable(StudyTable table)
    {
        yield return new ReportHeading(2, FigureText.Subject(table));
        yield return new ReportTable(StudyTableText.Of(table, StudyMetric.PrintedIn(table)), 2);
        yield return new ReportHeading(3, "By standard definitions");
        yield return new ReportTable(StudyTableText.Of(table, Standard) with { Caption = "The same runs, whole scans in mm.", Footnotes = [] }, 2);
        if (table.Rows.All(row => row.Runs.Count == 0))
        {
            yield break;
        }

        var name = $"table-{table.Number}";
        yield return new ReportFigure($"{name}-rows", "Runs, their means, and what the paper prints.", RowDots.Of(table, StudyMetric.PrintedIn(table)[0]));
        yield return new ReportFigure($"{name}-metrics", "Dice and Hausdorff of each row, as the authors' code computes them.", MetricScatter.Of(table, StudyMetric.PaperDice, StudyMetric.PaperHausdorff));
        if (table.Rows.Any(row => row.LabelPercent is not null))
        {
            yield return new ReportFigure($"{name}-labels", $"{StudyMetric.PrintedIn(table)[0].Title} over the labels seen.", LabelCurves.Of(table, StudyMetric.PrintedIn(table)[0]));
        }

        var comparisons = TableComparisons.Of(table, StudyMetric.VolumeDice);
        if (comparisons.Count > 0)
        {
            yield return new ReportHeading(3, "Comparisons");
            yield return new ReportTable(Comparisons(comparisons), 2);
            yield return new ReportFigure($"{name}-differences", "Centre of the paired differences (Hodges–Lehmann) with its interval.", DifferenceBars.Of(table, StudyMetric.VolumeDice));
            foreach (var (row, baseline) in Mixed(table).Take(PairsShown))
            {
                yield return new ReportFigure(
                    $"{name}-{row.Label.Replace(", ", "-", StringComparison.Ordinal).Replace(' ', '-').ToLowerInvariant()}",
                    $"{row.Label} and {baseline.Label}, scan by scan.",
                    PairedDots.Of(table, StudyMetric.VolumeDice, baseline, row));
            }
        }
    }

    private static IEnumerable<ReportBlock> OfMasks(StudyTable table, IReadOnlyDictionary<int, IReadOnlyList<StudyMasks>> all)
    {
        if (!all.TryGetValue(table.Number, out var masks))
        {
            yield break;
        }

        foreach (var (one, place) in masks.Where(one => one.Boxes.Any(boxes => boxes.Count > 0)).Select((one, place) => (one, place)))
        {
            yield return new ReportFigure($"table-{table.Number}-refinement-{place + 1}", $"{one.Row}: slices of {one.Scan} before and after.", StudyMaskFigures.Refinement(one));
        }

        List<StudyMasks> carried = [.. masks.Where(one => one.References.Count == 1)];
        if (carried.Count > 0)
        {
            yield return new ReportFigure($"table-{table.Number}-propagation", $"{carried[0].Row}: the mask of one slice carried through {carried[0].Scan}.", StudyMaskFigures.Propagation(carried[0]));
            yield return new ReportFigure($"table-{table.Number}-distance", "Dice of a slice over its distance from the reference slice.", StudyMaskFigures.Distances(carried));
        }
    }

    /// <summary>The rows of PolyCL-M with their baselines, where both have scans in common.</summary>
    private static IEnumerable<(StudyTableRow Row, StudyTableRow Baseline)> Mixed(StudyTable table) =>
        from row in table.Rows
        where row.Model.StartsWith("PolyCL-M", StringComparison.Ordinal)
        let baseline = TableComparisons.Baseline(table.Rows, row)
        where baseline is not null && RowComparison.Of(row, baseline, StudyMetric.VolumeDice) is not null
        select (row, baseline);

    private static StudyTableText Comparisons(IReadOnlyList<RowComparison> comparisons)
    {
        string[] heads = ["first", "second", "scans", "mean difference", "95 % bootstrap", "Hodges–Lehmann", "its interval", "wins – losses", "rank-biserial", "dz", "p", "Holm"];
        return new StudyTableText(
            "Dice per scan, first − second, paired by scan.",
            [.. heads.Select(head => new TextColumn("", head))],
            [.. comparisons.Select(comparison => (IReadOnlyList<TextCell>)[.. Cells(comparison).Select(text => new TextCell(text, false))])],
            [
                "Seeds are averaged per scan first; a scan without the score in any run of a row is left out.",
                $"p: {string.Join(", ", comparisons.Select(comparison => comparison.Test).Distinct())}; Holm: corrected over these {comparisons.Count} comparisons.",
                "Bootstrap: percentile interval of the mean difference over scans. Hodges–Lehmann: centre of the differences with the interval of the signed-rank test; with fewer than 6 scans it covers less than 95 %.",
                "Rank-biserial: share of rank sum in favour less share against. dz: mean difference over the standard deviation of the differences.",
                .. comparisons.Where(comparison => comparison.Seeds == 1).Take(1)
                    .Select(_ => "One run of a row: intervals and p compare the trained networks, not the methods."),
            ]);
    }

    private static string[] Cells(RowComparison comparison)
    {
        var metric = StudyMetric.VolumeDice;
        string Interval(double low, double high) => $"{metric.Signed(low)} to {metric.Signed(high)}";
        string Number(double value) => value.ToString("0.00;−0.00;0.00", CultureInfo.InvariantCulture);
        return
        [
            comparison.First,
            comparison.Second,
            comparison.Paired.N.ToString(CultureInfo.InvariantCulture) + (comparison.LeftOut > 0 ? $" ({comparison.LeftOut} left out)" : ""),
            metric.Signed(comparison.Paired.MeanDifference),
            Interval(comparison.Paired.Low, comparison.Paired.High),
            metric.Signed(comparison.Centre.Estimate),
            Interval(comparison.Centre.Low, comparison.Centre.High),
            $"{comparison.Paired.Wins} – {comparison.Paired.Losses}",
            Number(comparison.SignedRank.RankBiserial),
            comparison.CohenDz is { } dz ? Number(dz) : "–",
            StudyTableText.ProbabilityText(comparison.PValue),
            StudyTableText.ProbabilityText(comparison.Adjusted),
        ];
    }

    private static IEnumerable<ReportBlock> OfClaims(ClaimReport claims)
    {
        yield return new ReportHeading(2, $"What Table {claims.Table} says of the paper's claims");
        yield return new ReportTable(
            new StudyTableText(
                claims.Assumption,
                [new("", "claim"), new("", "by"), new("", "holds"), new("", "does not hold"), new("", "cannot tell")],
                [.. Counts(claims.Counts(), "printed numbers"), .. Counts(claims.OwnCounts(), "our runs")],
                claims.Runs is { } runs ? [$"Our runs: {runs}"] : []),
            2);
        yield return new ReportList([.. claims.Checks.Select(check => check.Sentence)], $"All {claims.Checks.Count} claims");
    }

    private static IEnumerable<IReadOnlyList<TextCell>> Counts(IEnumerable<(ClaimKind Kind, int Holds, int DoesNotHold, int CannotTell)> counts, string by) =>
        counts.Select(count => (IReadOnlyList<TextCell>)
        [
            new TextCell(ClaimWords.Of(count.Kind)), new TextCell(by), .. new[] { count.Holds, count.DoesNotHold, count.CannotTell }
                .Select(number => new TextCell(number.ToString(CultureInfo.InvariantCulture))),
        ]);

    private static IEnumerable<ReportBlock> OfMaking(StudyReport report)
    {
        yield return new ReportHeading(2, "How it was made");
        yield return new ReportList([.. report.Tables.Select(table => $"Table {table.Number}: {table.DataLine.TrimEnd('.')}. {table.Provenance.TrimEnd('.')}.")]);
        if (report.Environment is { } here)
        {
            yield return new ReportText($"Report written with PolyCL {here.PolyCl}, {here.DotNet}, {here.System}.");
        }

        foreach (var (name, json) in SettingsOf(report.Options))
        {
            yield return new ReportCode($"Settings of {name}", json);
        }

        yield return new ReportList(
            [.. report.Tables.SelectMany(table => table.Rows).SelectMany(row => row.Runs.Select(run => $"{row.Label}, seed {run.Seed}: {run.Run}")).Distinct()],
            "Run folders");
    }

    private static IEnumerable<(string Name, string Json)> SettingsOf(StudyOptions? options) => options is null
        ? []
        : [("preparation", SettingsJson.ToText(options.Prepare)), ("pre-training", SettingsJson.ToText(options.Pretrain)), ("fine-tuning", SettingsJson.ToText(options.FineTune))];
}
