using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>A scan read for its HU: every voxel is a number, and what is odd about the values is said. Whatever applies a window reads scans here.</summary>
/// <param name="Volume">The scan; voxels that were no number are air.</param>
/// <param name="Notes">What a user should know of the values, one phrase each.</param>
internal sealed record HuVolume(Volume Volume, IReadOnlyList<string> Notes)
{
    /// <summary>The HU of air, by the definition of the unit.</summary>
    public const double Air = -1000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScanFormatException">The file is unreadable, or none of its voxels is a number.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static HuVolume Read(string path, NiftiReadOptions? options = null) => Of(path, NiftiReader.Read(path, options));

    /// <summary>Takes over a volume that nobody else reads yet: its voxels are changed in place.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="volume">The scan as read.</param>
    /// <exception cref="ScanFormatException">None of its voxels is a number.</exception>
    public static HuVolume Of(string path, Volume volume)
    {
        var doubt = HuRange.Of(volume).Doubt();
        var replaced = volume.ReplaceNonFinite(Air);
        if (replaced == volume.Shape.VoxelCount)
        {
            throw new ScanFormatException(path, "voxels", $"none of the {replaced} voxels is a number (NaN or infinite); convert the scan again from its source.");
        }

        List<string> notes = [];
        if (replaced > 0)
        {
            var (are, they) = replaced == 1 ? ("is no number (NaN or infinite)", "it was") : ("are no numbers (NaN or infinite)", "they were");
            notes.Add($"{replaced} of {volume.Shape.VoxelCount} voxels {are}; {they} read as air, {Air} HU");
        }

        if (doubt is not null)
        {
            notes.Add(doubt);
        }

        return new HuVolume(volume, notes);
    }
}
