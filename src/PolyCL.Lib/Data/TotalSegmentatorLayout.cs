using System.Text.RegularExpressions;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>TotalSegmentator: one folder per subject, one binary file per class, subsets in meta.csv.</summary>
internal static partial class TotalSegmentatorLayout
{
    private const string Segmentations = "segmentations";

    public static bool Fits(string root) =>
        Subjects(root).Any(folder => DatasetFolder.Has(folder, "ct") && Directory.Exists(Path.Combine(folder, Segmentations)));

    public static Dataset Read(string root, DatasetOptions options)
    {
        var warnings = new List<string>();
        var scans = new List<ScanRecord>();
        var subjects = Subjects(root);
        var subsets = Subsets(root, subjects, warnings);
        foreach (var folder in subjects)
        {
            var id = Path.GetFileName(folder);
            if (options.Excludes(id))
            {
                scans.Add(new ScanRecord { Id = id, ImagePath = folder, Subset = subsets.GetValueOrDefault(id) });
                continue;
            }

            if (ScanFault.Named(id, () => DatasetFolder.Find(folder, "ct")) is not { } image)
            {
                warnings.Add($"{id} has no ct.nii.gz; it is left out.");
                continue;
            }

            var label = ScanFault.Named(id, () => options.LabelFile is { } file
                ? DatasetFolder.Find(folder, file) ?? DatasetFolder.Find(Path.Combine(folder, Segmentations), file)
                : DatasetFolder.Find(Path.Combine(folder, Segmentations), options.Organ));
            scans.Add(new ScanRecord { Id = id, ImagePath = image, LabelPath = label, Subset = subsets.GetValueOrDefault(id) });
        }

        var classes = scans.Find(scan => !options.Excludes(scan.Id)) is { } first ? Classes(first) : "";
        return DatasetFolder.Assemble(
            DatasetKind.TotalSegmentator, root, options, scans, warnings, "TotalSegmentator has folders sNNNN with ct.nii.gz and segmentations/.",
            $"{options.LabelFile ?? $"{Segmentations}/{options.Organ}.nii.gz"} is missing{classes}");
    }

    /// <summary>Which class files there are, to help against a misspelt organ.</summary>
    private static string Classes(ScanRecord scan)
    {
        var folder = Path.Combine(Path.GetDirectoryName(scan.ImagePath)!, Segmentations);
        var names = Directory.Exists(folder) ? DatasetFolder.Scans(folder).Select(path => DatasetFolder.Stem(path)!).ToArray() : [];
        return names.Length > 0 ? $"; {scan.Id} has {DatasetFolder.Listed(names, "", "").Trim()}" : "";
    }

    /// <summary>The subject folders in the root, or in its one sub-folder that has some.</summary>
    private static string[] Subjects(string root)
    {
        var here = Named(root);
        return here.Length > 0 ? here : DatasetFolder.Folders(root).Select(Named).FirstOrDefault(found => found.Length > 0) ?? [];
    }

    private static string[] Named(string folder) => [.. DatasetFolder.Folders(folder).Where(path => SubjectName().IsMatch(Path.GetFileName(path)))];

    private static Dictionary<string, string> Subsets(string root, string[] subjects, List<string> warnings)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        var path = Path.Combine(subjects.Length > 0 ? Path.GetDirectoryName(subjects[0])! : root, "meta.csv");
        if (FileLinks.Problem(path) is not null || !File.Exists(path))
        {
            return result;  // a dead link is named with the others of the folder
        }

        var lines = File.ReadLines(path).Where(line => line.Length > 0).Select(Cells);
        string[]? head = null;
        int idColumn = -1, splitColumn = -1;
        foreach (var cells in lines)
        {
            if (head is null)
            {
                head = cells;
                idColumn = Array.IndexOf(head, "image_id");
                splitColumn = Array.IndexOf(head, "split");
                if (idColumn < 0 || splitColumn < 0)
                {
                    warnings.Add($"{path} has no columns image_id and split; subsets are unknown.");
                    return result;
                }
            }
            else if (cells.Length > Math.Max(idColumn, splitColumn) && cells[splitColumn].Length > 0)
            {
                result[cells[idColumn]] = cells[splitColumn];
            }
        }

        var names = subjects.Select(Path.GetFileName).ToHashSet();
        var absent = result.Keys.Where(id => !names.Contains(id)).Order(NaturalOrder.Instance).ToArray();
        if (absent.Length > 0)
        {
            warnings.Add($"{(absent.Length == 1 ? "1 scan" : $"{absent.Length} scans")} of meta.csv {(absent.Length == 1 ? "has" : "have")} no folder; the first is {absent[0]}.");
        }

        return result;
    }

    private static string[] Cells(string line) => [.. line.TrimStart('\uFEFF').Split(';').Select(cell => cell.Trim().Trim('"'))];

    [GeneratedRegex(@"^s\d{1,9}$", RegexOptions.CultureInvariant)]
    private static partial Regex SubjectName();
}
