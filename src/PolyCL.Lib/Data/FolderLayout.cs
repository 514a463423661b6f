using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Plain folders; the three shapes are described at <see cref="DatasetReader"/>.</summary>
internal static class FolderLayout
{
    private static readonly string[] ImageFolders = ["images", "imagesTr", "image", "volumes", "scans", "ct"];
    private static readonly string[] LabelFolders = ["labels", "labelsTr", "label", "masks", "segmentations", "segs"];
    private static readonly string[] ImageNames = ["ct", "image", "img", "volume", "scan", "imaging"];
    private static readonly string[] LabelNames = ["label", "labels", "mask", "seg", "segmentation"];

    public static bool Fits(string root)
    {
        var options = DatasetOptions.Default;
        return Parallel(root, options, []).Count > 0 || PerScan(root, options, []).Count > 0 || Suffixed(root, options, []).Count > 0;
    }

    public static Dataset Read(string root, DatasetOptions options)
    {
        var warnings = new List<string>();
        var scans = Parallel(root, options, warnings);
        scans = scans.Count > 0 ? scans : PerScan(root, options, warnings);
        scans = scans.Count > 0 ? scans : Suffixed(root, options, warnings);
        if (options.OrganClass is null && scans.Count(scan => IsClassMap(scan, options)) is > 0 and var maps)
        {
            warnings.Add($"{maps} of {scans.Count} labels are not named after the organ; every value above 0 counts as '{options.Organ}' unless a class is given.");
        }

        return DatasetFolder.Assemble(
            DatasetKind.Folder, root, options, scans, warnings, "a plain folder has images/ and labels/, a folder per scan, or NAME and NAME_seg files.",
            $"no file named {options.LabelFile ?? $"{options.Organ}, {string.Join(", ", LabelNames)}"} belongs to it");
    }

    /// <summary>images/NAME and labels/NAME; nnU-Net's channel suffix _0000 is not part of the name.</summary>
    private static List<ScanRecord> Parallel(string root, DatasetOptions options, List<string> warnings)
    {
        var imageFolder = ImageFolders.Select(name => Path.Combine(root, name)).FirstOrDefault(Directory.Exists);
        var labelFolder = LabelFolders.Select(name => Path.Combine(root, name)).FirstOrDefault(Directory.Exists);
        if (imageFolder is null || labelFolder is null)
        {
            return [];
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in DatasetFolder.Scans(labelFolder))
        {
            if (!labels.TryAdd(DatasetFolder.Stem(path)!, path))
            {
                throw new DatasetException($"{path} and {labels[DatasetFolder.Stem(path)!]} have one name; remove one.", path);
            }
        }

        var scans = new List<ScanRecord>();
        foreach (var path in DatasetFolder.Scans(imageFolder))
        {
            var stem = DatasetFolder.Stem(path)!;
            var id = stem.EndsWith("_0000", StringComparison.Ordinal) && stem.Length > 5 ? stem[..^5] : stem;
            var label = new[] { id, stem }.Concat(Suffixes(options).Select(suffix => id + suffix)).FirstOrDefault(labels.ContainsKey);
            scans.Add(new ScanRecord { Id = id, ImagePath = path, LabelPath = label is null ? null : labels[label] });
        }

        var used = scans.Select(scan => scan.LabelPath).ToHashSet(StringComparer.Ordinal);
        warnings.AddRange(labels.Values.Where(path => !used.Contains(path)).Select(path => $"{Path.GetFileName(path)} has no scan; it is left out."));
        return scans;
    }

    /// <summary>NAME/ct and NAME/liver.</summary>
    private static List<ScanRecord> PerScan(string root, DatasetOptions options, List<string> warnings)
    {
        var scans = new List<ScanRecord>();
        foreach (var folder in DatasetFolder.Folders(root))
        {
            var id = Path.GetFileName(folder);
            if (DatasetFolder.Find(folder, [.. ImageNames, id]) is { } image)
            {
                var label = options.LabelFile is { } file ? DatasetFolder.Find(folder, file) : DatasetFolder.Find(folder, [options.Organ, .. LabelNames]);
                scans.Add(new ScanRecord { Id = id, ImagePath = image, LabelPath = label });
            }
            else if (DatasetFolder.Scans(folder).Length > 0)
            {
                warnings.Add($"{id} has no scan named {string.Join(", ", ImageNames)} or {id}; it is left out.");
            }
        }

        return scans;
    }

    /// <summary>NAME and NAME_seg in one folder.</summary>
    private static List<ScanRecord> Suffixed(string root, DatasetOptions options, List<string> warnings)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in DatasetFolder.Scans(root))
        {
            if (!files.TryAdd(DatasetFolder.Stem(path)!, path))
            {
                throw new DatasetException($"{path} and {files[DatasetFolder.Stem(path)!]} have one name; remove one.", path);
            }
        }

        var suffixes = Suffixes(options);
        var scans = new List<ScanRecord>();
        foreach (var (stem, path) in files)
        {
            if (suffixes.FirstOrDefault(end => stem.EndsWith(end, StringComparison.OrdinalIgnoreCase) && stem.Length > end.Length) is { } suffix)
            {
                if (!files.ContainsKey(stem[..^suffix.Length]))
                {
                    warnings.Add($"{Path.GetFileName(path)} is named like a label, but {stem[..^suffix.Length]} is missing; it is left out.");
                }

                continue;
            }

            var label = suffixes.Select(end => stem + end).FirstOrDefault(files.ContainsKey);
            scans.Add(new ScanRecord { Id = stem, ImagePath = path, LabelPath = label is null ? null : files[label] });
        }

        return scans;
    }

    private static string[] Suffixes(DatasetOptions options) =>
        [.. new[] { options.Organ }.Concat(LabelNames).SelectMany(name => new[] { $"_{name}", $"-{name}", $".{name}" })];

    private static bool IsClassMap(ScanRecord scan, DatasetOptions options) =>
        scan.LabelPath is { } path && DatasetFolder.Stem(path) is "labels" or "segmentation" && options.Organ != DatasetFolder.Stem(scan.LabelPath!);
}
