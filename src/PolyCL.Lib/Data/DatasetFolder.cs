using System.IO.Enumeration;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Looks into a dataset's folder: hidden files are never seen, names never lead outside.</summary>
internal static class DatasetFolder
{
    private const int Depth = 8;
    private const int NamesShown = 10;
    private static readonly string[] Extensions = [".nii", ".nii.gz"];

    /// <summary>The name without .nii or .nii.gz, or null when it is another kind of file.</summary>
    public static string? Stem(string path)
    {
        var name = Path.GetFileName(path);
        var extension = Array.Find(Extensions, end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase) && name.Length > end.Length);
        return extension is null ? null : name[..^extension.Length];
    }

    /// <summary>NIfTI files of a folder, in natural order; AppleDouble and other dot files left out.</summary>
    public static string[] Scans(string folder, bool recursive = false) =>
        [.. Directory.EnumerateFiles(folder, "*", Options(recursive)).Where(path => Visible(path) && Stem(path) is not null).Order(NaturalOrder.Instance)];

    /// <summary>Sub-folders in natural order.</summary>
    public static string[] Folders(string folder) =>
        [.. Directory.EnumerateDirectories(folder, "*", Options(recursive: false)).Where(Visible).Order(NaturalOrder.Instance)];

    /// <summary>The first of these names with .nii or .nii.gz that exists in a folder, or null; a name with its extension counts as it is.</summary>
    public static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        foreach (var name in names)
        {
            if (Stem(name) is not null && File.Exists(Path.Combine(folder, name)))
            {
                return Path.Combine(folder, name);
            }

            foreach (var extension in Extensions)
            {
                var path = Path.Combine(folder, name + extension);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    /// <summary>The full path of a name taken from a list inside the folder.</summary>
    /// <exception cref="DatasetException">The name is absolute or leads outside the folder.</exception>
    public static string Inside(string folder, string name, string list)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('\0') || name.Contains('\\') || name.Contains(':') || Path.IsPathRooted(name))
        {
            throw Outside(name, list);
        }

        var full = Path.GetFullPath(Path.Combine(folder, name));
        return full.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw Outside(name, list);
    }

    /// <summary>"a is", "a, b and c are", or the first ten and how many more.</summary>
    public static string Listed(IReadOnlyList<string> names, string singular, string plural) => names.Count switch
    {
        1 => $"{names[0]} {singular}",
        <= NamesShown => $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]} {plural}",
        _ => $"{string.Join(", ", names.Take(NamesShown))} and {names.Count - NamesShown} more {plural}",
    };

    /// <summary>Puts scans in natural order, applies the options that hold for every layout, and separates scans without a label.</summary>
    /// <exception cref="DatasetException">No scan is left, two have one id, or an orientation names no scan.</exception>
    public static Dataset Assemble(
        DatasetKind kind, string root, DatasetOptions options, IEnumerable<ScanRecord> found, List<string> warnings, string expected, string missingLabel)
    {
        var all = found.OrderBy(scan => scan.Id, NaturalOrder.Instance).ToArray();
        if (all.Length == 0)
        {
            throw new DatasetException($"{root}: no scan found; {expected}", root);
        }

        for (var i = 1; i < all.Length; i++)
        {
            if (string.Equals(all[i].Id, all[i - 1].Id, StringComparison.Ordinal))
            {
                throw new DatasetException($"{root}: '{all[i].Id}' is both {all[i - 1].ImagePath} and {all[i].ImagePath}; remove one.", root);
            }
        }

        var stray = options.Orientations.FirstOrDefault(pair => !all.Any(scan => Matches(pair.Key, scan.Id)));
        if (stray.Key is not null)
        {
            throw new DatasetException($"{root}: an orientation is given for '{stray.Key}', but no scan has that id; the first is '{all[0].Id}'.", root);
        }

        var chosen = all.Where(scan => options.Subset is null || scan.Subset == options.Subset)
            .Select(scan => scan with { OrganClass = options.OrganClass, Orientation = OrientationOf(options, scan.Id) })
            .ToArray();
        if (chosen.Length == 0)
        {
            var subsets = string.Join(", ", all.Select(scan => scan.Subset).OfType<string>().Distinct());
            throw new DatasetException($"{root}: no scan belongs to '{options.Subset}'; there {(subsets.Length > 0 ? $"are {subsets}" : "is no such column")}.", root);
        }

        var unlabelled = chosen.Where(scan => scan.LabelPath is null).ToArray();
        if (unlabelled.Length > 0)
        {
            warnings.Add($"{Listed([.. unlabelled.Select(scan => scan.Id)], "has", "have")} no label: {missingLabel}.");
        }

        return new Dataset
        {
            Kind = kind,
            Root = root,
            Scans = [.. chosen.Where(scan => options.IncludeUnlabelled || scan.LabelPath is not null)],
            Unlabelled = unlabelled,
            Warnings = warnings,
        };
    }

    private static Imaging.Orientation? OrientationOf(DatasetOptions options, string id)
    {
        foreach (var (pattern, orientation) in options.Orientations)
        {
            if (Matches(pattern, id))
            {
                return orientation;
            }
        }

        return null;
    }

    private static bool Matches(string pattern, string id) => FileSystemName.MatchesSimpleExpression(pattern, id, ignoreCase: false);

    private static bool Visible(string path) => Path.GetFileName(path)[0] != '.';

    private static DatasetException Outside(string name, string list) =>
        new($"{list}: the name '{name}' leads outside the dataset's folder; correct the list.", list);

    private static EnumerationOptions Options(bool recursive) => new()
    {
        RecurseSubdirectories = recursive,
        MaxRecursionDepth = Depth,
        AttributesToSkip = FileAttributes.System,
        IgnoreInaccessible = false,
    };
}
