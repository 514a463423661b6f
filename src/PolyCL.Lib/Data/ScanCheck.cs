using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What was found in one scan of a dataset.</summary>
public sealed record ScanCheck
{
    /// <summary>Id in the dataset.</summary>
    public required string Id { get; init; }

    /// <summary>The CT file.</summary>
    public required string ImagePath { get; init; }

    /// <summary>The label file, or null.</summary>
    public string? LabelPath { get; init; }

    /// <summary>The dataset's own grouping, or null.</summary>
    public string? Subset { get; init; }

    /// <summary>Voxels per stored axis; null when the header cannot be read.</summary>
    public VolumeShape? Shape { get; init; }

    /// <summary>Voxel size per stored axis, mm.</summary>
    public Spacing? Spacing { get; init; }

    /// <summary>Axis order in the file, or as overridden.</summary>
    public string? Orientation { get; init; }

    /// <summary>Stored voxel type of the scan.</summary>
    public VoxelType? StoredType { get; init; }

    /// <summary>Smallest value, whole HU; null without a finite voxel.</summary>
    public int? MinimumHu { get; init; }

    /// <summary>Largest value, whole HU.</summary>
    public int? MaximumHu { get; init; }

    /// <summary>Slices of the whole scan, in the order of slicing.</summary>
    public int Slices { get; init; }

    /// <summary>Slices of the whole scan that show the organ.</summary>
    public int OrganSlices { get; init; }

    /// <summary>Organ voxels of the whole scan.</summary>
    public long OrganVoxels { get; init; }

    /// <summary>Slices that the settings keep.</summary>
    public int KeptSlices { get; init; }

    /// <summary>Kept slices that show the organ.</summary>
    public int KeptOrganSlices { get; init; }

    /// <summary>Kept slices whose organ disappears when the mask is resized; they still count as showing it.</summary>
    public int VanishedOrganSlices { get; init; }

    /// <summary>Digest of all voxels; see <see cref="StoredScan.ContentHash"/>.</summary>
    public string? ContentHash { get; init; }

    /// <summary>What a user should know, one short sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why the scan cannot be used, or null.</summary>
    public string? Error { get; init; }
}
