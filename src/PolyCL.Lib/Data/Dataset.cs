using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>The scans found in a dataset's folder, by number where names hold one.</summary>
public sealed record Dataset
{
    /// <summary>The layout.</summary>
    public required DatasetKind Kind { get; init; }

    /// <summary>Full path of the folder.</summary>
    public required string Root { get; init; }

    /// <summary>Scans to work with; all have labels unless <see cref="DatasetOptions.IncludeUnlabelled"/> was set.</summary>
    public required IReadOnlyList<ScanRecord> Scans { get; init; }

    /// <summary>Scans without a label.</summary>
    public IReadOnlyList<ScanRecord> Unlabelled { get; init; } = [];

    /// <summary>Ids of the scans that <see cref="DatasetOptions.Exclude"/> left out; part of a slice store's identity.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>What a user should know: missing labels, unlisted files, known defects. One sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What a manifest says of the dataset, such as site and seed of a phantom, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Whether a scan with this id was left out; the id may hold <c>*</c> and <c>?</c>.</summary>
    public bool HasExcluded(string id) => Excluded.Any(excluded => DatasetFolder.Matches(id, excluded));

    /// <summary>The scan with an id, labelled or not.</summary>
    /// <exception cref="DatasetException">There is no such scan.</exception>
    public ScanRecord Find(string id) =>
        Scans.Concat(Unlabelled).FirstOrDefault(scan => scan.Id == id)
        ?? throw new DatasetException($"{Root}: there is no scan '{id}'; the first is '{Scans.Concat(Unlabelled).FirstOrDefault()?.Id}'.", Root);
}
