using System.Globalization;
using System.Text;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>A dataset's files by name, size and time of change: equal listings need not be read again.</summary>
internal static class DatasetFiles
{
    /// <summary>One line for each scan, each of its files (links are followed), and each scan that was excluded.</summary>
    /// <exception cref="ScanFormatException">A file is a link that leads nowhere.</exception>
    public static string Listing(Dataset dataset, IEnumerable<ScanRecord> scans)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"reading {StoreHeader.Reading}");
        foreach (var id in dataset.Excluded)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"without\t{id}");
        }

        foreach (var scan in scans)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{scan.Id}\t{scan.Subset}\t{scan.OrganClass}\t{scan.Orientation}");
            foreach (var path in new[] { scan.ImagePath, scan.LabelPath }.OfType<string>())
            {
                if (FileLinks.Problem(path) is { } problem)
                {
                    ScanFault.Named<string>(scan, () => throw new ScanFormatException(path, "file", $"this {problem}."));
                }

                var file = FileLinks.Final(path);
                text.AppendLine(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(dataset.Root, path)}\t{file.Length}\t{file.LastWriteTimeUtc.Ticks}");
            }
        }

        return text.ToString();
    }
}
