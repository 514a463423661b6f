using System.Globalization;
using PolyCL.Core;
using PolyCL.Imaging;
using PolyCL.Metrics;

namespace PolyCL.Sam;

/// <summary>A scan file and a mask on its grid, brought to one axis order, and the way back to the scan's own geometry.</summary>
/// <param name="Scan">The scan as stored.</param>
/// <param name="View">The scan in axial slices, from the feet up.</param>
/// <param name="Mask">The mask in the view's order, 0 and 1.</param>
internal sealed record ScanWithMask(Volume Scan, Volume View, byte[] Mask)
{
    /// <summary>Share of the smallest spacing by which scan and mask may be apart.</summary>
    private const double PositionTolerance = 0.5;

    /// <summary>Reads both files.</summary>
    /// <param name="image">A NIfTI scan in HU.</param>
    /// <param name="mask">A mask or label map on the same grid; its axes may be stored in another order.</param>
    /// <param name="output">The file to write later; its name is checked first.</param>
    /// <param name="label">The label that counts; null for every value above 0.</param>
    /// <param name="orientation">The true axis order of both files when their own is missing or wrong.</param>
    /// <param name="verb">What shall be done with the mask, for messages.</param>
    /// <param name="warnings">Takes what a user should know.</param>
    /// <exception cref="ScanFormatException">A file is unreadable, the two are not on one grid, or the mask has no foreground.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="ArgumentException">The file to write has another ending, or is one of the inputs.</exception>
    public static ScanWithMask Read(string image, string mask, string output, int? label, Orientation? orientation, string verb, List<string> warnings)
    {
        NiftiWriter.CheckName(output);
        if (new[] { image, mask }.Any(input => Path.GetFullPath(input) == Path.GetFullPath(output)))
        {
            throw new ArgumentException($"{output}: the result would replace an input; give another file.", nameof(output));
        }

        var (scan, drawn) = VolumePair.Read(image, mask, warnings, new NiftiReadOptions { Orientation = orientation });
        if (!scan.OrientationKnown && !drawn.OrientationKnown)
        {
            warnings.Add("the files name no orientation; the axes were taken as L, A, S. Check the mask, or give the orientation.");
        }

        warnings.AddRange(HuVolume.Of(image, scan).Notes.Select(note => $"{image}: {note}."));
        warnings.AddRange(scan.Notes.Select(note => $"{image}: {note}."));
        warnings.AddRange(drawn.Notes.Except(scan.Notes).Select(note => $"{mask}: {note}."));
        Volume view = scan.Reorient(Orientation.Lps), drawnView = drawn.Reorient(Orientation.Lps);
        CheckGrid(image, view, mask, drawnView);
        var map = LabelMap.Of(mask, drawnView);
        if (label is { } asked && !map.Has(asked))
        {
            throw map.Without(asked, $"there is nothing to {verb}. Give one of these, or a mask of the organ.");
        }

        var voxels = VoxelMeaning.Organ(mask, map, label, warnings);
        return voxels.AsSpan().Contains((byte)1)
            ? new ScanWithMask(scan, view, voxels)
            : throw new ScanFormatException(mask, "voxels", $"no voxel is above 0; there is nothing to {verb}. Give a mask of the organ.");
    }

    /// <summary>Volume of voxels in millilitres, by the scan's affine.</summary>
    public double Millilitres(long voxels) => voxels * Scan.Affine.VoxelVolume / 1000;

    /// <summary>Writes voxels in the view's order as uint8, in the scan's own axis order and affine.</summary>
    public void Write(string path, byte[] voxels) =>
        NiftiWriter.Write(path, Volume.FromArray(View.Shape, View.Affine, voxels).Reorient(Scan.Orientation).WithGeometryOf(Scan));

    private static void CheckGrid(string image, Volume scan, string mask, Volume drawn)
    {
        if (scan.Shape != drawn.Shape)
        {
            throw new ScanFormatException(
                mask, "shape", $"it has {drawn.Shape} voxels in LPS order, the scan {image} has {scan.Shape}; give a mask on the scan's grid.");
        }

        var gap = VolumePair.FarthestCorner(scan, drawn);
        if (gap > PositionTolerance * Math.Min(scan.Spacing.X, Math.Min(scan.Spacing.Y, scan.Spacing.Z)))
        {
            throw new ScanFormatException(mask, "affine", string.Create(
                CultureInfo.InvariantCulture, $"its voxels lie up to {gap:0.###} mm from those of the scan {image}; resample it to the scan's grid."));
        }
    }
}
