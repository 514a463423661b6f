using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What the headers of a scan tell before its voxels are read: which slices are kept and where they go.</summary>
internal sealed record ScanPlan
{
    public required ScanRecord Scan { get; init; }

    public required ScanGeometry Image { get; init; }

    /// <summary>The label's header; null without a label.</summary>
    public ScanGeometry? Label { get; init; }

    /// <summary>Columns, rows and slices as sliced.</summary>
    public required VolumeShape Shape { get; init; }

    public required int Start { get; init; }

    public required int Count { get; init; }

    /// <summary>Position of the first slice among all kept slices.</summary>
    public required int FirstSlice { get; init; }

    /// <summary>Memory that reading needs: scan, label, and the label's mask of 0 and 1.</summary>
    public required long Bytes { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <exception cref="Core.ScanFormatException">A header cannot be read.</exception>
    /// <exception cref="Core.DatasetException">Scan and label do not cover the same voxels.</exception>
    public static ScanPlan Of(ScanRecord scan, PrepareOptions options, int firstSlice)
    {
        var warnings = new List<string>();
        var image = ScanGeometry.Read(scan.ImagePath, scan.Orientation);
        var label = scan.LabelPath is null ? null : ScanGeometry.Read(scan.LabelPath, scan.Orientation);
        if (label is not null && ScanGeometry.Compare(scan.Id, image, label, options.Order) is { } mismatch)
        {
            warnings.Add(mismatch);
        }

        var shape = image.Sliced(options.Order);
        var (start, stop) = options.KeptOf(shape.Z);
        return new ScanPlan
        {
            Scan = scan,
            Image = image,
            Label = label,
            Shape = shape,
            Start = stop > start ? start : 0,
            Count = Math.Max(0, stop - start),
            FirstSlice = firstSlice,
            Bytes = image.Bytes + (label is null ? 0 : label.Bytes + label.Stored.VoxelCount),
            Warnings = warnings,
        };
    }
}
