using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>One scan of a dataset: where its files are and how its label is read. Nothing of the files is held.</summary>
public sealed record ScanRecord
{
    /// <summary>Name of the scan, unique in its dataset, from its file or folder: <c>volume-12</c>, <c>s0011</c>, <c>liver_0</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The CT file.</summary>
    public required string ImagePath { get; init; }

    /// <summary>The label file, or null when the scan has none.</summary>
    public string? LabelPath { get; init; }

    /// <summary>The label value that is the organ in a multi-class map; null takes every value above 0.</summary>
    public int? OrganClass { get; init; }

    /// <summary>True axis order of scan and label when the header's is wrong, or null.</summary>
    public Orientation? Orientation { get; init; }

    /// <summary>The dataset's own grouping, such as TotalSegmentator's <c>split</c> column, or null.</summary>
    public string? Subset { get; init; }
}
