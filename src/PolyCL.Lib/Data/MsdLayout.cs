using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Medical Segmentation Decathlon: <c>dataset.json</c> is the list; the folders are not searched.</summary>
internal static class MsdLayout
{
    public static bool Fits(string root) => DatasetList.Find(root) is { } list && !NnUnetLayout.IsList(list);

    public static Dataset Read(string root, DatasetOptions options)
    {
        using var list = DatasetList.Read(Needed(root));
        var warnings = new List<string>();
        var scans = new List<ScanRecord>();
        foreach (var entry in list.Entries("training"))
        {
            Add(scans, warnings, list, list.Text(entry, "image"), entry.ValueKind == JsonValueKind.Object ? list.Text(entry, "label") : null, "training");
        }

        foreach (var entry in list.Entries("test"))
        {
            Add(scans, warnings, list, list.Text(entry, "image"), null, "test");
        }

        var unlisted = Unlisted(list, scans);
        if (unlisted.Length > 0)
        {
            warnings.Add($"{DatasetFolder.Listed([.. unlisted.Select(path => Path.GetFileName(path))], "is", "are")} not in {DatasetList.Name} and left out.");
        }

        return DatasetFolder.Assemble(
            DatasetKind.Msd, root, ListedOrgan.Choose(options, list, warnings), scans, warnings,
            $"{list.FilePath} lists no file that is there.", "its file is missing, or it is listed under test");
    }

    /// <summary>The list of a folder that must have one.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    public static string Needed(string root) => DatasetList.Find(root)
        ?? throw new DatasetException($"{root}: there is no {DatasetList.Name}, here or one folder below; name the task's folder, such as Task03_Liver.", root);

    private static void Add(List<ScanRecord> scans, List<string> warnings, DatasetList list, string imageName, string? labelName, string subset)
    {
        var image = DatasetFolder.Inside(list.Folder, imageName, list.FilePath);
        var label = labelName is null ? null : DatasetFolder.Inside(list.Folder, labelName, list.FilePath);
        var id = DatasetFolder.Stem(image)
            ?? throw new DatasetException($"{list.FilePath}: '{imageName}' is no NIfTI file name; correct the list.", list.FilePath);
        if (id.StartsWith('.'))
        {
            return;
        }

        if ((DatasetFolder.Existing(image) ?? DatasetFolder.Find(Path.GetDirectoryName(image)!, id + NnUnetLayout.FirstChannel)) is not { } file)
        {
            warnings.Add($"{id} is listed, but {imageName} is missing; it is left out.");
            return;
        }

        scans.Add(new ScanRecord { Id = id, ImagePath = file, LabelPath = label is null ? null : DatasetFolder.Existing(label), Subset = subset });
    }

    private static string[] Unlisted(DatasetList list, List<ScanRecord> scans)
    {
        var listed = scans.Select(scan => scan.ImagePath).ToHashSet(StringComparer.Ordinal);
        return [.. listed.Select(path => Path.GetDirectoryName(path)!).Distinct().SelectMany(DatasetFolder.Scans)
            .Where(path => !listed.Contains(path) && Path.GetDirectoryName(path) != list.Folder)];
    }
}
