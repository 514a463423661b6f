using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What the header of a scan or label says of its grid, without reading voxels.</summary>
internal sealed record ScanGeometry(string Path, VolumeShape Stored, Affine Affine, bool OrientationKnown, VoxelType StoredType)
{
    private const string NoUnit = "the header names no unit of length, mm are assumed";

    private const double MatchShare = 1e-3;

    public Orientation Orientation { get; } = Orientation.FromAffine(Affine);

    /// <summary>What is odd about the header and how it was understood, one phrase each.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    public long Bytes => Stored.VoxelCount * VoxelArray.BytesOf(StoredType);

    public static ScanGeometry Read(string path, Orientation? orientation)
    {
        var header = NiftiReader.ReadHeader(path, Options(orientation));
        return new ScanGeometry(path, NiftiReader.SpatialShape(header), header.Affine, header.OrientationKnown, header.StoredType)
        {
            Notes = header.Unit == LengthUnit.Unknown ? [.. header.Notes, NoUnit] : header.Notes,
        };
    }

    public static NiftiReadOptions Options(Orientation? orientation) =>
        orientation is null ? NiftiReadOptions.Default : new NiftiReadOptions { Orientation = orientation };

    public static bool IsIdentity(Affine affine) => affine.Equals(Affine.Diagonal(new Spacing(1, 1, 1)));

    /// <summary>Columns, rows and slices in the asked order.</summary>
    public VolumeShape Sliced(SliceOrder order)
    {
        ReadOnlySpan<int> sizes = [Stored.X, Stored.Y, Stored.Z];
        if (order == SliceOrder.AsStored)
        {
            return new VolumeShape(sizes[1], sizes[0], sizes[2]);
        }

        Span<int> result = stackalloc int[3];
        for (var axis = 0; axis < 3; axis++)
        {
            result[Orientation.WorldAxis(axis)] = sizes[axis];
        }

        return new VolumeShape(result[0], result[1], result[2]);
    }

    /// <summary>Compares scan and label; null when they lie on one grid, else a sentence for the user.</summary>
    /// <exception cref="DatasetException">Their shapes differ.</exception>
    public static string? Compare(string id, ScanGeometry image, ScanGeometry label, SliceOrder order)
    {
        if (image.Sliced(order) != label.Sliced(order))
        {
            throw new DatasetException(
                $"Scan '{id}': {image.Path} has {image.Stored} voxels ({image.Orientation}), its label {label.Path} has {label.Stored} ({label.Orientation}); "
                + "they must cover the same voxels. Correct the pair, or give the scan's orientation when only a header is wrong.",
                label.Path);
        }

        if (image.Orientation != label.Orientation)
        {
            return $"{id}: the scan's axes are {image.Orientation}, its label's {label.Orientation}; each is reordered by its own header. Look at an overlay.";
        }

        // The corner voxels must lie at the same place, up to a thousandth of the scan's extent and never less than half a voxel.
        var worst = 0.0;
        Span<int> last = [image.Stored.X - 1, image.Stored.Y - 1, image.Stored.Z - 1];
        for (var corner = 0; corner < 8; corner++)
        {
            for (var row = 0; row < 3; row++)
            {
                var gap = image.Affine[row, 3] - label.Affine[row, 3];
                for (var axis = 0; axis < 3; axis++)
                {
                    gap += (corner >> axis & 1) * last[axis] * (image.Affine[row, axis] - label.Affine[row, axis]);
                }

                worst = Math.Max(worst, Math.Abs(gap));
            }
        }

        var spacing = image.Affine.Spacing;
        var extent = Math.Max(spacing.X * last[0], Math.Max(spacing.Y * last[1], spacing.Z * last[2]));
        var allowed = Math.Max(MatchShare * extent, 0.5 * Math.Min(spacing.X, Math.Min(spacing.Y, spacing.Z)));
        return worst <= allowed
            ? null
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}: the affines of scan and label differ by up to {worst:0.##} mm; they are laid over each other voxel by voxel. Look at an overlay.");
    }
}
