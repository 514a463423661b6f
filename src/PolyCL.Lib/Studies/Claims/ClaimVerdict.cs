using System.Globalization;
using System.Text.Json.Serialization;

namespace PolyCL.Studies.Claims;

/// <summary>What numbers say of a claim at the 5 % level, with p corrected over the table.</summary>
public enum ClaimVerdict
{
    /// <summary>The difference is significant in the claimed direction.</summary>
    Holds,

    /// <summary>The difference is significant in the other direction.</summary>
    DoesNotHold,

    /// <summary>The difference is not significant.</summary>
    CannotTell,
}

/// <summary>What one set of numbers says of a claim.</summary>
/// <param name="First">Mean of the cell that should be better.</param>
/// <param name="Second">Mean of the other.</param>
/// <param name="AsClaimed">Whether the means lie in the claimed direction.</param>
/// <param name="PValue">Two-sided p-value.</param>
/// <param name="Adjusted">The same, corrected by Holm over the table's claims.</param>
/// <param name="Test">The test, with what it was taken over.</param>
public sealed record ClaimEvidence(double First, double Second, bool AsClaimed, double PValue, double Adjusted, string Test)
{
    /// <summary>The level of significance.</summary>
    public const double Level = 0.05;

    /// <summary>The verdict.</summary>
    public ClaimVerdict Verdict => Adjusted >= Level ? ClaimVerdict.CannotTell : AsClaimed ? ClaimVerdict.Holds : ClaimVerdict.DoesNotHold;

    /// <summary>Verdict and p in words.</summary>
    [JsonIgnore]
    public string Text => $"{Words} ({Probability(PValue, "p")}, {Probability(Adjusted, "Holm")}{Direction})";

    private string Direction => Verdict != ClaimVerdict.CannotTell || AsClaimed ? "" : First == Second ? "; the means are equal" : "; the means point the other way";

    private string Words => Verdict switch
    {
        ClaimVerdict.Holds => "holds",
        ClaimVerdict.DoesNotHold => "does not hold",
        _ => "cannot tell",
    };

    private static string Probability(double p, string name) =>
        p < 0.0001 ? $"{name} < 0.0001" : $"{name} = {p.ToString("0.0000", CultureInfo.InvariantCulture)}";
}
