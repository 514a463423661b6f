using System.Globalization;

namespace PolyCL.Studies.Claims;

/// <summary>A claim with what the printed numbers say of it, and what ours do.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Printed">Evidence of the printed means and spreads: Welch's test.</param>
/// <param name="Ours">Evidence of our runs, scan by scan; null without runs of both rows.</param>
public sealed record ClaimCheck(PaperClaim Claim, ClaimEvidence Printed, ClaimEvidence? Ours)
{
    /// <summary>All of it in one sentence.</summary>
    public string Sentence
    {
        get
        {
            var (first, second) = (Claim.First, Claim.Second);
            var printed = $"Table {Claim.Table}: {Claim.Text}: {Number(first.Mean)} ± {Number(first.Sd)} against {Number(second.Mean)} ± {Number(second.Sd)}, {Printed.Text}";
            return Ours is null ? printed + "." : $"{printed}; here {Number(Ours.First)} against {Number(Ours.Second)}, {Ours.Text} by {Ours.Test}.";
        }
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
