namespace PolyCL.Models.Weights;

/// <summary>How the tensors of a file and of a network correspond.</summary>
public sealed record WeightReport
{
    /// <summary>The dictionary in the file that was taken; empty for the outermost.</summary>
    public required string Section { get; init; }

    /// <summary>What was taken off the file's names, such as <c>module.</c>, each with the number of names; nothing where they are the network's.</summary>
    public required IReadOnlyDictionary<string, int> Stripped { get; init; }

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

    /// <summary>Names filled from another shape, or a batch norm's counter that the file lacks, each with how.</summary>
    public IReadOnlyList<string> Adapted { get; init; } = [];

    /// <summary>Names left out because the options say so, of the file and of the network.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>True when nothing is missing, unexpected or of another shape.</summary>
    public bool Fits => Missing.Count + Unexpected.Count + WrongShape.Count == 0;

    /// <summary>What was done to make the file fit, one sentence each: names shortened, numbers converted, counters adapted.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. Stripped.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"'{entry.Key}' was taken off {Tensors(entry.Value, "name")}"),
        .. Converted.CountBy(How).Select(group => $"{Tensors(group.Value, "tensor")} converted from {group.Key}"),
        .. Adapted.CountBy(How).Select(group => $"{Tensors(group.Value, "tensor")} adapted: {group.Key}"),
    ];

    /// <summary>The notes as one text for a user, after the file's name; null without any.</summary>
    internal string? NoteOn(string path) => Notes.Count > 0 ? $"{Path.GetFileName(path)}: {string.Join("; ", Notes)}." : null;

    /// <summary>One line for logs.</summary>
    public override string ToString() =>
        $"{Matched.Count} matched, {Missing.Count} missing, {Unexpected.Count} unexpected, {WrongShape.Count} of another shape, {Converted.Count} converted"
        + (Adapted.Count > 0 ? $", {Adapted.Count} adapted" : string.Empty);

    private static string How(string entry) => entry[(entry.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    private static string Tensors(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
