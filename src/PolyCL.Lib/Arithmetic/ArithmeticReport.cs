using System.Globalization;
using System.Text.Json.Serialization;

namespace PolyCL.Arithmetic;

/// <summary>What the check of this machine found and which route follows from it.</summary>
public sealed record ArithmeticReport
{
    /// <summary>Digest of what the answer holds for: processor, boot, libtorch, settings of its libraries.</summary>
    public required string Machine { get; init; }

    /// <summary>The route that is taken, or null when none passed.</summary>
    public ArithmeticRoute? Route { get; init; }

    /// <summary>Seconds that the check took.</summary>
    public double Seconds { get; init; }

    /// <summary>The findings by each route that was tried, in the order tried.</summary>
    public required IReadOnlyList<RouteFindings> Tried { get; init; }

    /// <summary>Whether torch's own operations are right here.</summary>
    [JsonIgnore]
    public bool IsSound => Route == ArithmeticRoute.Direct;

    /// <summary>One sentence: what was checked, what is wrong, what is done about it.</summary>
    public string ToWords()
    {
        var first = Tried[0];
        var cases = first.Findings.Sum(finding => finding.Cases);
        var wrong = first.Findings.Sum(finding => finding.Wrong);
        return (Route, wrong) switch
        {
            (ArithmeticRoute.Direct, _) => string.Create(CultureInfo.InvariantCulture, $"sound: {cases} results of torch's operations agree with float64"),
            (ArithmeticRoute.PaddedChannels, _) => string.Create(CultureInfo.InvariantCulture,
                $"torch computes {wrong} of {cases} results WRONG on this machine (oneDNN, channels that do not fill a block); our networks fill the channels themselves, and then all agree"),
            (ArithmeticRoute.WithoutOneDnn, _) => string.Create(CultureInfo.InvariantCulture,
                $"torch computes {wrong} of {cases} results WRONG on this machine; oneDNN is switched off in this program, and then all agree, slower"),
            _ => string.Create(CultureInfo.InvariantCulture, $"torch computes {wrong} of {cases} results WRONG on this machine, and no way round was found"),
        };
    }
}

/// <summary>What the check found by one route.</summary>
/// <param name="Route">The route.</param>
/// <param name="Findings">Per operation and format.</param>
public sealed record RouteFindings(ArithmeticRoute Route, IReadOnlyList<ArithmeticFinding> Findings)
{
    /// <summary>Whether all cases agreed.</summary>
    [JsonIgnore]
    public bool Passed => Findings.All(finding => finding.Wrong == 0);
}
