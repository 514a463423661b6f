using System.IO.Enumeration;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Looks into a dataset's folder: hidden files are never seen, names never lead outside.</summary>
internal static class DatasetFolder
{
    private const int NamesShown = 10;
    private static readonly string[] Extensions = [".nii", ".nii.gz"];

    /// <summary>The name without .nii or .nii.gz, with composed letters, or null when it is another kind of file.</summary>
    public static string? Stem(string path)
    {
        var name = Path.GetFileName(path);
        var extension = Array.Find(Extensions, end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase) && name.Length > end.Length);
        return extension is null ? null : ComposedName.Of(name[..^extension.Length]);
    }

    /// <summary>The last part of a path as an id, with composed letters.</summary>
    public static string IdOf(string folder) => ComposedName.Of(Path.GetFileName(folder));

    /// <summary>NIfTI files of a folder, in natural order; AppleDouble and other dot files left out.</summary>
    public static string[] Scans(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", Options).Where(path => Visible(path) && Stem(path) is not null).Order(NaturalOrder.Instance)];

    /// <summary>NIfTI files of a folder and all below, each once however links lead to it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warnings">Takes a sentence for each link that is not followed, and each that leads nowhere.</param>
    public static string[] ScansBelow(string folder, List<string> warnings) =>
        [.. FolderTree.Walk(folder, warnings).SelectMany(Scans).Order(NaturalOrder.Instance)];

    /// <summary>Sub-folders in natural order.</summary>
    public static string[] Folders(string folder) =>
        [.. Directory.EnumerateDirectories(folder, "*", Options).Where(Visible).Order(NaturalOrder.Instance)];

    /// <summary>The first of these sub-folders that exists, whatever its capitals, or null.</summary>
    public static string? FindFolder(string folder, params ReadOnlySpan<string> names)
    {
        var there = Folders(folder);
        foreach (var name in names)
        {
            var exact = Path.Combine(folder, name);
            if (Directory.Exists(exact))
            {
                return exact;
            }

            if (Array.Find(there, path => name.Equals(Path.GetFileName(path), StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>A sentence for each link in a folder that leads nowhere; scans are left to their reader.</summary>
    public static IEnumerable<string> DeadLinks(string folder) =>
        from path in Directory.EnumerateFileSystemEntries(folder, "*", Options)
        where Visible(path) && Stem(path) is null
        let problem = FileLinks.Problem(path)
        where problem is not null
        select $"{path} {problem}.";

    /// <summary>The first of these names that exists in a folder with .nii or .nii.gz, whatever its capitals, or null. A name with its extension counts as it is.</summary>
    /// <exception cref="DatasetException">A name is there both as .nii and as .nii.gz.</exception>
    public static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        string[]? there = null;
        foreach (var name in names)
        {
            var composed = ComposedName.Of(name);
            string[] wanted = Stem(name) is null ? [.. Extensions.Select(extension => composed + extension)] : [composed];
            string[] found = [.. wanted.Select(file => Path.Combine(folder, file)).Where(File.Exists)];
            if (found.Length == 0)
            {
                there ??= Scans(folder);
                found = [.. there.Where(path => wanted.Contains(IdOf(path), StringComparer.OrdinalIgnoreCase))];
            }

            switch (found)
            {
                case [var one]:
                    return one;
                case [var first, var second, ..]:
                    throw NamedFiles.Ambiguous(first, second);
            }
        }

        return null;
    }

    /// <summary>The file of a path, found whatever its capitals and however its letters are composed, or null.</summary>
    public static string? Existing(string path) => File.Exists(path) ? path : Find(Path.GetDirectoryName(path)!, Path.GetFileName(path));

    /// <summary>Whether a folder holds a NIfTI file of this name.</summary>
    public static bool Has(string folder, string name) => Directory.Exists(folder) && new NamedFiles(Scans(folder)).Has(name);

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
        var dead = DeadLinks(root).ToArray();
        var each = found.OrderBy(scan => scan.Id, NaturalOrder.Instance).ToArray();
        if (each.Length == 0)
        {
            throw new DatasetException($"{root}: no scan found; {expected}{(dead.Length > 0 ? $" {dead[0]}" : "")}", root);
        }

        warnings.AddRange(dead);
        var excluded = ExcludedOf(each, options, root);
        var all = each.Where(scan => !options.Excludes(scan.Id)).ToArray();
        if (excluded.Length > 0)
        {
            warnings.Add($"{Listed(excluded, "is", "are")} excluded.");
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
            Excluded = excluded,
            Warnings = warnings,
        };
    }

    /// <summary>Whether an id is meant by a pattern with <c>*</c> and <c>?</c>.</summary>
    public static bool Matches(string pattern, string id) => FileSystemName.MatchesSimpleExpression(ComposedName.Of(pattern), id, ignoreCase: false);

    private static string[] ExcludedOf(ScanRecord[] scans, DatasetOptions options, string root)
    {
        if (options.Exclude.FirstOrDefault(pattern => !scans.Any(scan => Matches(pattern, scan.Id))) is { } stray)
        {
            throw new DatasetException($"{root}: '{stray}' is to be excluded, but no scan has that id; the first is '{scans[0].Id}'.", root);
        }

        string[] excluded = [.. scans.Select(scan => scan.Id).Where(options.Excludes).Distinct(StringComparer.Ordinal)];
        return scans.Any(scan => !options.Excludes(scan.Id))
            ? excluded
            : throw new DatasetException($"{root}: every scan is excluded, so nothing is left; exclude fewer.", root);
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

    private static bool Visible(string path) => Path.GetFileName(path)[0] != '.';

    private static DatasetException Outside(string name, string list) =>
        new($"{list}: the name '{name}' leads outside the dataset's folder; correct the list.", list);

    private static EnumerationOptions Options => new() { AttributesToSkip = FileAttributes.System, IgnoreInaccessible = false };
}
