using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Finds header and voxel file from a name, and says what a file is that is no NIfTI.</summary>
internal static class NiftiPaths
{
    public static (string Header, string Data) Resolve(string path)
    {
        Check.NotBlank(path);
        if (Directory.Exists(path))
        {
            throw new ScanFormatException(
                path, "file", "this is a folder; name a NIfTI file. A folder of DICOM slices is converted with dcm2niix: dcm2niix -z y -o OUT FOLDER.");
        }

        MustLeadToAFile(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file.", path);
        }

        var plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        var isHeader = plain.EndsWith(".hdr", StringComparison.OrdinalIgnoreCase);
        if (!isHeader && !plain.EndsWith(".img", StringComparison.OrdinalIgnoreCase))
        {
            return (path, path);
        }

        var partner = Partner(path, plain, isHeader ? ".img" : ".hdr");
        MustLeadToAFile(partner);
        return isHeader ? (path, partner) : (partner, path);
    }

    public static ScanFormatException NotNifti(string path, ReadOnlySpan<byte> start, bool compressed)
    {
        if (start.Length >= 132 && start[128..132].SequenceEqual("DICM"u8))
        {
            return new(path, "file", "this is a DICOM file; convert its series to NIfTI with dcm2niix: dcm2niix -z y -o OUT FOLDER.");
        }

        if (start.Length < 4)
        {
            return new(path, "header", $"the {(compressed ? "inflated data hold" : "file holds")} {start.Length} bytes; a NIfTI header has 348 or 540. Copy the file again.");
        }

        return new(path, "sizeof_hdr", "the file does not start with a NIfTI header (348 or 540); it is damaged or of another kind. "
            + "Give NIfTI; DICOM is converted with dcm2niix.");
    }

    private static void MustLeadToAFile(string path)
    {
        if (FileLinks.Problem(path) is { } problem)
        {
            throw new ScanFormatException(path, "file", $"this {problem}.");
        }
    }

    private static string Partner(string path, string plain, string extension)
    {
        var stem = plain[..^4];
        var upper = extension.ToUpperInvariant();
        string[] names = plain.Length == path.Length
            ? [stem + extension, stem + upper, stem + extension + ".gz"]
            : [stem + extension + ".gz", stem + upper + ".GZ", stem + extension];
        return Array.Find(names, File.Exists)
            ?? throw new ScanFormatException(path, "file", $"its partner {Path.GetFileName(names[0])} is missing; put both files of the pair into one folder.");
    }
}
