namespace PolyCL.Imaging;

/// <summary>Two files of one scan, such as scan and mask.</summary>
internal static class VolumePair
{
    /// <summary>Reads both, each in its own axis order; a file that names no orientation is taken as stored like the other.</summary>
    /// <param name="first">A NIfTI file.</param>
    /// <param name="second">A NIfTI file.</param>
    /// <param name="warnings">Takes a sentence when an orientation was taken over.</param>
    /// <param name="options">How both are read.</param>
    /// <exception cref="Core.ScanFormatException">A file is no readable NIfTI volume.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    public static (Volume First, Volume Second) Read(string first, string second, List<string> warnings, NiftiReadOptions? options = null)
    {
        Volume one = NiftiReader.Read(first, options), other = NiftiReader.Read(second, options);
        if (one.OrientationKnown == other.OrientationKnown)
        {
            return (one, other);
        }

        // The better guess for files of one scan is that both are stored alike.
        var (blind, seeing) = one.OrientationKnown ? (second, one) : (first, other);
        warnings.Add($"{blind}: the file names no orientation; taken as stored like the other file.");
        var reread = NiftiReader.Read(blind, new NiftiReadOptions { Affine = seeing.Affine });
        return one.OrientationKnown ? (one, reread) : (reread, other);
    }

    /// <summary>Largest distance between the places of the same corner voxel of two volumes of one shape, in mm.</summary>
    public static double FarthestCorner(Volume a, Volume b) => a.Affine.FarthestCorner(b.Affine, a.Shape.X - 1, a.Shape.Y - 1, a.Shape.Z - 1);
}
