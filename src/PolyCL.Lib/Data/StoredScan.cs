using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What a slice store knows of one scan. A scan that keeps no slice is listed with a count of 0.</summary>
public sealed record StoredScan
{
    /// <summary>Id in its dataset.</summary>
    public required string Id { get; init; }

    /// <summary>The dataset's own grouping, or null.</summary>
    public string? Subset { get; init; }

    /// <summary>Position of its first slice in <see cref="SliceStore.Slices"/>.</summary>
    public required int FirstSlice { get; init; }

    /// <summary>Slices kept.</summary>
    public required int SliceCount { get; init; }

    /// <summary>Axial index of the first kept slice.</summary>
    public required int FirstIndex { get; init; }

    /// <summary>The whole scan as sliced: X columns, Y rows, Z slices; canonical order unless the store's order is as stored.</summary>
    public required VolumeShape Shape { get; init; }

    /// <summary>Voxel size of the whole scan as sliced, mm.</summary>
    public required Spacing Spacing { get; init; }

    /// <summary>Distance between the pixels of the resized slices, and between slices, mm.</summary>
    public required Spacing GridSpacing { get; init; }

    /// <summary>
    /// Steps of one voxel along columns, rows and slices in mm (its columns; the origin is 0) when these are not at right angles, as in a scan of a
    /// tilted gantry; else null, and <see cref="Spacing"/> says all.
    /// </summary>
    public Affine? Axes { get; init; }

    /// <summary>Volume of one voxel of the whole scan, mm³.</summary>
    public double VoxelVolume => Axes?.VoxelVolume ?? Spacing.X * Spacing.Y * Spacing.Z;

    /// <summary>The same of <see cref="GridSpacing"/>.</summary>
    internal Affine? GridAxes { get; init; }

    /// <summary>Axis order in the file, or as overridden.</summary>
    public required string Orientation { get; init; }

    /// <summary>Whether the scan has a label; without one no slice counts as showing the organ, and none as lacking it.</summary>
    public required bool Labelled { get; init; }

    /// <summary>Slices of the whole scan that show the organ.</summary>
    public required int OrganSlices { get; init; }

    /// <summary>Organ voxels of the whole scan.</summary>
    public required long OrganVoxels { get; init; }

    /// <summary>Digest of all voxels as whole HU in L, P, S order: equal for equal scans, whatever name, axis order, type or scaling.</summary>
    public required string ContentHash { get; init; }
}
