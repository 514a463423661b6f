namespace PolyCL.Core;

/// <summary>Where a path leads: without links, <c>.</c> and <c>..</c>, and whether two paths lead to one place.</summary>
internal static class RealPath
{
    private const int MostLinks = 64;

    /// <summary>The full path with every symbolic link followed, of the file and of each folder above it; neither need exist.</summary>
    /// <remarks><c>..</c> takes back the name before it, as .NET opens files; in a link's own text it goes up from where the link leads.</remarks>
    /// <exception cref="ArgumentException">The path is blank, or its links lead in a circle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(Check.NotBlank(path));
        var real = Path.GetPathRoot(full)!;
        var ahead = new Stack<string>();
        Push(ahead, full[real.Length..]);
        for (var links = 0; ahead.TryPop(out var name);)
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
            }
            else if (name != ".")
            {
                var next = Path.Combine(real, name);
                if (Target(next) is not { } target)
                {
                    real = next;
                    continue;
                }

                if (++links > MostLinks)
                {
                    throw new ArgumentException($"{path}: its links lead in a circle; mend them or give another path.", nameof(path));
                }

                var root = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : "";
                real = root.Length > 0 ? root : real;
                Push(ahead, target[root.Length..]);
            }
        }

        return real;
    }

    /// <summary>Whether two paths of <see cref="Of"/> name one file or folder; letters' case counts unless the file system folds it.</summary>
    public static bool AreSame(string first, string second) => AreSame(first, second, Folds);

    /// <summary>Whether a path of <see cref="Of"/> lies below a folder of <see cref="Of"/>.</summary>
    public static bool IsBelow(string path, string folder)
    {
        for (var above = Path.GetDirectoryName(path); above is not null && above.Length >= folder.Length; above = Path.GetDirectoryName(above))
        {
            if (AreSame(above, folder))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The same by a given answer to whether a folder's file system folds case.</summary>
    internal static bool AreSame(string first, string second, Func<string, bool> folds)
    {
        if (!string.Equals(first, second, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        for (var at = 0; at < first.Length; at++)
        {
            if (first[at] == second[at])
            {
                continue;
            }

            // The folder that holds the name with the different letter; a drive's own letter has none and never counts.
            var start = first.LastIndexOf(Path.DirectorySeparatorChar, at);
            if (start >= 0 && !folds(first[..(start + 1)]))
            {
                return false;
            }

            at = first.IndexOf(Path.DirectorySeparatorChar, at) is var end and >= 0 ? end : first.Length;
        }

        return true;
    }

    /// <summary>The nearest file or folder that exists on the way to a path: itself, or one above it.</summary>
    internal static string NearestThere(string path)
    {
        while (!Path.Exists(path) && Path.GetDirectoryName(path) is { } above)
        {
            path = above;
        }

        return path;
    }

    /// <summary>Found by trying: a file made under one name is looked for under the same in capitals.</summary>
    private static bool Folds(string folder)
    {
        var probe = Path.Combine(NearestThere(folder), $".polycl-case-{Guid.NewGuid():N}");
        try
        {
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 1, FileOptions.DeleteOnClose);
            return File.Exists(Path.Combine(Path.GetDirectoryName(probe)!, Path.GetFileName(probe).ToUpperInvariant()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;  // nothing can be written there, so nothing can be overwritten
        }
    }

    private static string? Target(string path) => (Directory.Exists(path) ? new DirectoryInfo(path) : (FileSystemInfo)new FileInfo(path)).LinkTarget;

    private static void Push(Stack<string> ahead, string path)
    {
        var names = path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        for (var i = names.Length - 1; i >= 0; i--)
        {
            ahead.Push(names[i]);
        }
    }
}
