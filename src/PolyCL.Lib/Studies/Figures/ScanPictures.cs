using PolyCL.Core;
using PolyCL.Imaging;
using PolyCL.Metrics;
using PolyCL.Studies.Pictures;

namespace PolyCL.Studies.Figures;

/// <summary>Axial slices of a scan file, counted from the feet, and of masks on its grid.</summary>
/// <param name="path">The scan, in HU.</param>
/// <param name="window">The HU range shown.</param>
internal sealed class ScanPictures(string path, Window window)
{
    private readonly Volume view = HuVolume.Read(path).Volume.Reorient(Orientation.Lps);

    /// <summary>Distance of neighbouring slices, mm.</summary>
    public double SpacingMm => view.Spacing.Z;

    /// <summary>A slice, without a mask.</summary>
    public SheetCell Cell(int slice)
    {
        var pixels = new float[view.Shape.X * view.Shape.Y];
        view.CopySlice(slice, pixels);
        window.Apply(pixels);
        return new SheetCell(pixels, view.Shape.Y, view.Shape.X) { PixelAspect = view.Spacing.Y / view.Spacing.X };
    }

    /// <summary>A mask file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="label">The label that counts; null for every value above 0.</param>
    /// <exception cref="ScanFormatException">The file is unreadable or not on the scan's grid.</exception>
    public ScanMask Mask(string file, int? label)
    {
        var mask = NiftiReader.Read(file).Reorient(Orientation.Lps);
        return mask.Shape == view.Shape
            ? new ScanMask(VoxelMeaning.Organ(file, LabelMap.Of(file, mask), label, []), view.Shape.X * view.Shape.Y)
            : throw new ScanFormatException(file, "shape", $"it has {mask.Shape} voxels in LPS order, the scan {path} has {view.Shape}; give a mask on the scan's grid.");
    }
}

/// <summary>The slices of a mask.</summary>
/// <param name="Voxels">[slices · plane] of 0 and 1.</param>
/// <param name="Plane">Pixels of a slice.</param>
internal sealed record ScanMask(byte[] Voxels, int Plane)
{
    /// <summary>Numbers of the slices that have something, ascending.</summary>
    public IReadOnlyList<int> Slices { get; } = [.. Enumerable.Range(0, Voxels.Length / Plane).Where(slice => Voxels.AsSpan(slice * Plane, Plane).Contains((byte)1))];

    /// <summary>The mask of a slice.</summary>
    public ReadOnlyMemory<byte> Of(int slice) => Voxels.AsMemory(slice * Plane, Plane);
}
