namespace PolyCL.Models.Weights;

/// <summary>What may differ between a file and a network; by default nothing may.</summary>
public sealed record WeightLoadOptions
{
    /// <summary>The dictionary in the file to take, such as <c>model</c>; null takes the one that fits the network best.</summary>
    public string? Section { get; init; }

    /// <summary>
    /// Taken off the front of the file's names; null takes off what savers add (<c>module.</c>, <c>_orig_mod.</c>, <c>model.</c>, <c>net.</c>, <c>encoder.</c>,
    /// nested and mixed), name by name, as far as the network has the rest.
    /// </summary>
    public string? StripPrefix { get; init; }

    /// <summary>The part of the network to fill, such as <c>encoder.</c>, put before the file's names; only that part must be complete.</summary>
    public string TargetPrefix { get; init; } = "";

    /// <summary>Prefixes of names in the file (after stripping) that are not wanted, such as <c>projHead.</c></summary>
    public IReadOnlyList<string> IgnoreInFile { get; init; } = [];

    /// <summary>Prefixes of the network's names that keep their values, such as <c>encoder.fc.</c></summary>
    public IReadOnlyList<string> KeepInNetwork { get; init; } = [];

    /// <summary>True takes what fits by name, shape and format, and leaves the rest; the report tells which.</summary>
    public bool Partial { get; init; }

    /// <summary>True lets floating-point numbers lose digits, such as float64 into a float32 network.</summary>
    public bool AllowNarrowing { get; init; }
}
