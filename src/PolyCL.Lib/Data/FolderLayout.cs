namespace PolyCL.Data;

/// <summary>Plain folders; the three shapes are described at <see cref="DatasetReader"/>.</summary>
internal static class FolderLayout
{
    private static readonly string[] ImageFolders = ["images", "imagesTr", "image", "volumes", "scans", "ct"];
    private static readonly string[] LabelFolders = ["labels", "labelsTr", "label", "masks", "segmentations", "segs"];
    private static readonly string[] ImageNames = ["ct", "image", "img", "volume", "scan", "imaging"];
    private static readonly string[] LabelNames = ["label", "labels", "mask", "seg", "segmentation"];

    /// <summary>Whether the folder could be read; what is wrong with single scans is left to the reading.</summary>
    public static bool Fits(string root) =>
        DatasetFolder.Scans(root).Length > 0
        || (DatasetFolder.FindFolder(root, ImageFolders) is { } images
            && DatasetFolder.FindFolder(root, LabelFolders) is not null
            && DatasetFolder.Scans(images).Length > 0)
        || DatasetFolder.Folders(root).Any(folder => ImageNames.Append(DatasetFolder.IdOf(folder)).Any(name => DatasetFolder.Has(folder, name)));

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
        var imageFolder = DatasetFolder.FindFolder(root, ImageFolders);
        var labelFolder = DatasetFolder.FindFolder(root, LabelFolders);
        if (imageFolder is null || labelFolder is null)
        {
            return [];
        }

        var images = new NamedFiles(DatasetFolder.Scans(imageFolder));
        var labels = new NamedFiles(DatasetFolder.Scans(labelFolder));
        var scans = new List<ScanRecord>();
        var spare = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (stem, _) in images.Each)
        {
            var id = stem.EndsWith(NnUnetLayout.FirstChannel, StringComparison.Ordinal) && stem.Length > NnUnetLayout.FirstChannel.Length
                ? stem[..^NnUnetLayout.FirstChannel.Length]
                : stem;
            string[] names = [id, stem, .. Suffixes(options).Select(suffix => id + suffix)];
            spare.UnionWith(options.Excludes(id) ? names : []);
            scans.Add(Record(id, imageFolder, options, () => images.Find(stem)!, () => First(labels, names)));
        }

        var used = scans.Select(scan => scan.LabelPath).ToHashSet(StringComparer.Ordinal);
        warnings.AddRange(
            from file in labels.Each
            where !used.Contains(file.Path) && !spare.Contains(file.Name)
            select $"{Path.GetFileName(file.Path)} has no scan; it is left out.");
        return scans;
    }

    /// <summary>NAME/ct and NAME/liver.</summary>
    private static List<ScanRecord> PerScan(string root, DatasetOptions options, List<string> warnings)
    {
        var scans = new List<ScanRecord>();
        foreach (var folder in DatasetFolder.Folders(root))
        {
            var id = DatasetFolder.IdOf(folder);
            var image = options.Excludes(id) ? folder : ScanFault.Named(id, () => DatasetFolder.Find(folder, [.. ImageNames, id]));
            if (image is not null)
            {
                scans.Add(Record(
                    id,
                    folder,
                    options,
                    () => image,
                    () => options.LabelFile is { } file ? DatasetFolder.Find(folder, file) : DatasetFolder.Find(folder, [options.Organ, .. LabelNames])));
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
        var files = new NamedFiles(DatasetFolder.Scans(root));
        var suffixes = Suffixes(options);
        var scans = new List<ScanRecord>();
        foreach (var (stem, path) in files.Each)
        {
            if (suffixes.FirstOrDefault(end => stem.EndsWith(end, StringComparison.OrdinalIgnoreCase) && stem.Length > end.Length) is { } suffix)
            {
                if (!files.Has(stem[..^suffix.Length]))
                {
                    warnings.Add($"{Path.GetFileName(path)} is named like a label, but {stem[..^suffix.Length]} is missing; it is left out.");
                }

                continue;
            }

            scans.Add(Record(stem, root, options, () => files.Find(stem)!, () => First(files, suffixes.Select(end => stem + end))));
        }

        return scans;
    }

    /// <summary>A scan whose files are looked for, unless it is to be left out: then nothing that is wrong with its files counts.</summary>
    private static ScanRecord Record(string id, string folder, DatasetOptions options, Func<string> image, Func<string?> label) => options.Excludes(id)
        ? new ScanRecord { Id = id, ImagePath = folder }
        : ScanFault.Named(id, () => new ScanRecord { Id = id, ImagePath = image(), LabelPath = label() });

    private static string? First(NamedFiles files, IEnumerable<string> names) => names.Select(files.Find).FirstOrDefault(path => path is not null);

    private static string[] Suffixes(DatasetOptions options) =>
        [.. new[] { options.Organ }.Concat(LabelNames).SelectMany(name => new[] { $"_{name}", $"-{name}", $".{name}" })];

    private static bool IsClassMap(ScanRecord scan, DatasetOptions options) =>
        scan.LabelPath is { } path && DatasetFolder.Stem(path) is "labels" or "segmentation" && options.Organ != DatasetFolder.Stem(scan.LabelPath!);
}
