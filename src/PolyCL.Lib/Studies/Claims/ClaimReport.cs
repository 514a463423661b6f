using System.Globalization;
using PolyCL.Studies.Statistics;

namespace PolyCL.Studies.Claims;

/// <summary>All claims of a table, checked.</summary>
public sealed record ClaimReport
{
    /// <summary>Repeats behind each printed mean when nothing else is said: the captions of Tables 1–3 say five; §4.2 says ten.</summary>
    public const int PaperRepeats = 5;

    /// <summary>Number of the table.</summary>
    public required int Table { get; init; }

    /// <summary>What was assumed and tested, in words.</summary>
    public required string Assumption { get; init; }

    /// <summary>Where our numbers come from, in words; null without runs.</summary>
    public required string? Runs { get; init; }

    /// <summary>The claims.</summary>
    public required IReadOnlyList<ClaimCheck> Checks { get; init; }

    /// <summary>Checks the claims of a table.</summary>
    /// <param name="table">1 to 7.</param>
    /// <param name="ours">The same table from our runs, or null.</param>
    /// <param name="paperRepeats">Repeats behind each printed mean, 2 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The paper has no such table, or there are fewer than 2 repeats.</exception>
    /// <exception cref="ArgumentException">Our table is another one.</exception>
    public static ClaimReport Of(int table, StudyTable? ours = null, int paperRepeats = PaperRepeats)
    {
        Core.Check.InRange(paperRepeats, 2, 1000);
        if (ours is not null && ours.Number != table)
        {
            throw new ArgumentException($"The runs are of Table {ours.Number}, the claims of Table {table}; give runs of the same table.", nameof(ours));
        }

        var claims = PaperClaims.Of(table);
        var printed = Printed(claims, paperRepeats);
        var own = ours is null ? [] : Ours(claims, ours);
        return new ClaimReport
        {
            Table = table,
            Assumption = string.Create(
                CultureInfo.InvariantCulture,
                $"Printed mean ± sd taken as over {paperRepeats} independent repeats; Welch's t-test, two-sided, Holm-corrected over the {claims.Count} claims of the table, level {ClaimEvidence.Level}."),
            Runs = ours is null ? null : $"{ours.Title}; profile {ours.Profile}; {ours.DataLine}{(ours.Phantom ? "; phantom CT, which says nothing of the paper's data" : "")}.",
            Checks = [.. claims.Select(claim => new ClaimCheck(claim, printed[claim], own.GetValueOrDefault(claim)))],
        };
    }

    /// <summary>How many claims of each kind hold, do not hold, or stay open, by the printed numbers.</summary>
    public IEnumerable<(ClaimKind Kind, int Holds, int DoesNotHold, int CannotTell)> Counts() =>
        Count(check => check.Printed);

    /// <summary>The same by our runs; kinds without runs are left away.</summary>
    public IEnumerable<(ClaimKind Kind, int Holds, int DoesNotHold, int CannotTell)> OwnCounts() =>
        Count(check => check.Ours);

    private IEnumerable<(ClaimKind Kind, int Holds, int DoesNotHold, int CannotTell)> Count(Func<ClaimCheck, ClaimEvidence?> evidence) =>
        from check in Checks
        where evidence(check) is not null
        group evidence(check)!.Verdict by check.Claim.Kind into verdicts
        orderby verdicts.Key
        select (verdicts.Key, verdicts.Count(v => v == ClaimVerdict.Holds), verdicts.Count(v => v == ClaimVerdict.DoesNotHold), verdicts.Count(v => v == ClaimVerdict.CannotTell));

    private static Dictionary<PaperClaim, ClaimEvidence> Printed(IReadOnlyList<PaperClaim> claims, int repeats)
    {
        var tests = claims.Select(claim => WelchTest.Of(Mean(claim.First, repeats), Mean(claim.Second, repeats))).ToList();
        var adjusted = HolmCorrection.Of([.. tests.Select(test => test.PValue)]);
        var name = string.Create(CultureInfo.InvariantCulture, $"Welch, {repeats} repeats each");
        return Enumerable.Range(0, claims.Count).ToDictionary(
            i => claims[i],
            i => new ClaimEvidence(
                claims[i].First.Mean, claims[i].Second.Mean, claims[i].HigherIsBetter == tests[i].Difference > 0 && tests[i].Difference != 0, tests[i].PValue, adjusted[i], name));
    }

    private static MeanOfRepeats Mean(PaperScore cell, int repeats) => new(cell.Mean, cell.Sd, repeats);

    private static Dictionary<PaperClaim, ClaimEvidence> Ours(IReadOnlyList<PaperClaim> claims, StudyTable table)
    {
        var made = new List<(PaperClaim Claim, StudyTableRow First, StudyTableRow Second, RowComparison Comparison)>();
        foreach (var claim in claims)
        {
            var metric = MetricOf(claim);
            if (Row(table, claim.First) is { } first && Row(table, claim.Second) is { } second && RowComparison.Of(first, second, metric) is { } comparison)
            {
                made.Add((claim, first, second, comparison));
            }
        }

        var corrected = RowComparison.Corrected([.. made.Select(entry => entry.Comparison)]);
        return made.Zip(corrected).ToDictionary(
            pair => pair.First.Claim,
            pair => new ClaimEvidence(
                MeanOf(pair.First.First, MetricOf(pair.First.Claim)),
                MeanOf(pair.First.Second, MetricOf(pair.First.Claim)),
                pair.Second.FirstIsBetter,
                pair.Second.PValue,
                pair.Second.Adjusted,
                Described(pair.Second)));
    }

    private static string Described(RowComparison comparison) =>
        string.Create(CultureInfo.InvariantCulture, $"{comparison.Test} over {comparison.Paired.N} scans{(comparison.LeftOut > 0 ? $" ({comparison.LeftOut} left out)" : "")}, ")
        + (comparison.Seeds == 1 ? "one seed: these two networks, not the methods" : string.Create(CultureInfo.InvariantCulture, $"{comparison.Seeds} seeds"));

    private static StudyMetric MetricOf(PaperClaim claim) => claim.HigherIsBetter ? StudyMetric.PaperDice : StudyMetric.PaperHausdorff;

    private static StudyTableRow? Row(StudyTable table, PaperScore cell) =>
        table.Rows.FirstOrDefault(row => (row.Backbone, row.Model, row.LabelPercent) == (cell.Backbone, cell.Model, cell.LabelPercent));

    private static double MeanOf(StudyTableRow row, StudyMetric metric) => row.Runs.Select(run => metric.Of(run.Scores)).Average() ?? double.NaN;
}
