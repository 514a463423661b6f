using System.Globalization;
using System.Text;

namespace PolyCL.Data;

/// <summary>A dataset's files by name, size and time of change: equal listings need not be read again.</summary>
internal static class DatasetFiles
{
    /// <summary>One line for each scan and each of its files.</summary>
    public static string Listing(Dataset dataset, IEnumerable<ScanRecord> scans)
    {
        var text = new StringBuilder();
        foreach (var scan in scans)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{scan.Id}\t{scan.Subset}\t{scan.OrganClass}\t{scan.Orientation}");
            foreach (var path in new[] { scan.ImagePath, scan.LabelPath }.OfType<string>())
            {
                var file = new FileInfo(path);
                text.AppendLine(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(dataset.Root, path)}\t{file.Length}\t{file.LastWriteTimeUtc.Ticks}");
            }
        }

        return text.ToString();
    }
}
