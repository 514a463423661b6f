using System.Globalization;
using System.Text.RegularExpressions;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>LiTS: <c>volume-N</c> and <c>segmentation-N</c> anywhere below the root, paired by number.</summary>
internal static partial class LitsLayout
{
    // 3D-IRCADb-01 in LiTS: these volumes lost their geometry.
    private const int FirstWithoutGeometry = 28;
    private const int LastWithoutGeometry = 47;

    public static bool Fits(string root) =>
        DatasetFolder.ScansBelow(root, []).Any(path => Name().Match(DatasetFolder.Stem(path)!) is { Success: true } m && IsVolume(m));

    public static Dataset Read(string root, DatasetOptions options)
    {
        var warnings = new List<string>();
        var volumes = new SortedDictionary<int, string>();
        var labels = new SortedDictionary<int, string>();
        foreach (var path in DatasetFolder.ScansBelow(root, warnings))
        {
            var match = Name().Match(DatasetFolder.Stem(path)!);
            if (match.Success && int.TryParse(match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                Add(IsVolume(match) ? volumes : labels, number, path, warnings, options.Excludes(IdOf(number)));
            }
        }

        var lonely = labels.Keys.Where(number => !volumes.ContainsKey(number)).Select(number => $"segmentation-{number}").ToArray();
        if (lonely.Length > 0)
        {
            warnings.Add($"{DatasetFolder.Listed(lonely, "has", "have")} no volume of that number and {(lonely.Length == 1 ? "is" : "are")} left out.");
        }

        var scans = volumes.Select(pair => new ScanRecord { Id = IdOf(pair.Key), ImagePath = pair.Value, LabelPath = labels.GetValueOrDefault(pair.Key) });
        var dataset = DatasetFolder.Assemble(
            DatasetKind.Lits, root, options, scans, warnings, "LiTS has files volume-N.nii and segmentation-N.nii.", "segmentation-N.nii of its number is missing");
        var lost = dataset.Scans.Where(HasLostGeometry).Select(scan => scan.Id).ToArray();
        if (lost.Length > 0)
        {
            warnings.Add(
                $"{DatasetFolder.Listed(lost, "carries", "carry")} an identity affine (3D-IRCADb in LiTS, {FirstWithoutGeometry} to {LastWithoutGeometry}): spacing and orientation are unknown, "
                + "so distances in mm are wrong; give the orientation, and leave them out of statistics in mm.");
        }

        return dataset;
    }

    private static bool HasLostGeometry(ScanRecord scan)
    {
        if (scan.Orientation is not null || int.Parse(scan.Id.AsSpan("volume-".Length), CultureInfo.InvariantCulture) is < FirstWithoutGeometry or > LastWithoutGeometry)
        {
            return false;
        }

        try
        {
            return ScanGeometry.IsIdentity(NiftiReader.ReadHeader(scan.ImagePath).Affine);
        }
        catch (Exception e) when (e is ScanFormatException or IOException or UnauthorizedAccessException)
        {
            return false; // Whoever reads the scan reports it.
        }
    }

    private static string IdOf(int number) => $"volume-{number}";

    private static void Add(SortedDictionary<int, string> files, int number, string path, List<string> warnings, bool excluded)
    {
        if (files.TryAdd(number, path) || excluded)
        {
            return;
        }

        var first = files[number];
        if (Path.GetDirectoryName(first) != Path.GetDirectoryName(path))
        {
            throw new DatasetException($"Two files hold number {number}: {first} and {path}; remove one, name the folder of one copy, or exclude {IdOf(number)}.", path);
        }

        files[number] = first.Length <= path.Length ? first : path;
        warnings.Add($"{Path.GetFileName(files[number])} is there compressed, too; the uncompressed file is read.");
    }

    private static bool IsVolume(Match match) => match.Groups["kind"].Value.Equals("volume", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^(?<kind>volume|segmentation)-(?<n>\d{1,9})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
