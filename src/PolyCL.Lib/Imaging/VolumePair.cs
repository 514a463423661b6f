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
    public static double FarthestCorner(Volume a, Volume b)
    {
        var farthest = 0.0;
        for (var corner = 0; corner < 8; corner++)
        {
            var squared = 0.0;
            for (var row = 0; row < 3; row++)
            {
                double Step(int column) => a.Affine[row, column] - b.Affine[row, column];
                var difference = Step(3) + ((corner & 1) * (a.Shape.X - 1) * Step(0)) + ((corner >> 1 & 1) * (a.Shape.Y - 1) * Step(1))
                    + ((corner >> 2) * (a.Shape.Z - 1) * Step(2));
                squared += difference * difference;
            }

            farthest = Math.Max(farthest, Math.Sqrt(squared));
        }

        return farthest;
    }
}
