namespace PolyCL.Models.Weights;

/// <summary>How the tensors of a file and of a network correspond.</summary>
public sealed record WeightReport
{
    /// <summary>The dictionary in the file that was taken; empty for the outermost.</summary>
    public required string Section { get; init; }

    /// <summary>What was taken off the front of the file's names.</summary>
    public required string StrippedPrefix { get; init; }

    /// <summary>The network's names that the file fills.</summary>
    public required IReadOnlyList<string> Matched { get; init; }

    /// <summary>Names the network has and the file lacks.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Names the file has and the network lacks.</summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    /// <summary>Names in both that do not fit, each with both number formats and shapes.</summary>
    public required IReadOnlyList<string> WrongShape { get; init; }

    /// <summary>Matched names whose number format changes, each with both formats.</summary>
    public required IReadOnlyList<string> Converted { get; init; }

    /// <summary>Names filled from another shape, each with how; none unless a network asks for it.</summary>
    public IReadOnlyList<string> Adapted { get; init; } = [];

    /// <summary>Names left out because the options say so, of the file and of the network.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>True when nothing is missing, unexpected or of another shape.</summary>
    public bool Fits => Missing.Count + Unexpected.Count + WrongShape.Count == 0;

    /// <summary>One line for logs.</summary>
    public override string ToString() =>
        $"{Matched.Count} matched, {Missing.Count} missing, {Unexpected.Count} unexpected, {WrongShape.Count} of another shape, {Converted.Count} converted"
        + (Adapted.Count > 0 ? $", {Adapted.Count} adapted" : string.Empty);
}
