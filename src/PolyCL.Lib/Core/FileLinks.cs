namespace PolyCL.Core;

/// <summary>Symbolic links: where they lead, and what is wrong with one that leads nowhere.</summary>
internal static class FileLinks
{
    /// <summary>As many links as an operating system follows in one path.</summary>
    private const int MostLinks = 40;

    /// <summary>What is wrong with a link, as the rest of a sentence that begins with its name; null when the path is no link or leads to something.</summary>
    public static string? Problem(string path)
    {
        var link = new FileInfo(path);
        if (link.LinkTarget is not { } target || Directory.Exists(path))
        {
            return null;
        }

        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true) is { } end && Path.Exists(end.FullName)
                ? null
                : $"is a link to '{target}', which is not there; copy or mount what it points to, or remove the link";
        }
        catch (IOException)
        {
            return $"is a link that leads back to itself by way of '{target}'; remove it, or let it point to a file";
        }
    }

    /// <summary>The file at the end of links, or the file itself.</summary>
    public static FileInfo Final(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : new FileInfo(file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
    }

    /// <summary>The full path of an existing folder without a link in any of its parts; two paths of one folder are equal.</summary>
    public static string RealFolder(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        for (var links = 0; links < MostLinks; links++)
        {
            var linked = Parts(full).FirstOrDefault(part => new DirectoryInfo(part).LinkTarget is not null);
            if (linked is null)
            {
                return full;
            }

            var target = Directory.ResolveLinkTarget(linked, returnFinalTarget: false)!.FullName;
            full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Join(target, full[linked.Length..])));
        }

        return full;
    }

    /// <summary>The path's beginnings, shortest first.</summary>
    private static Stack<string> Parts(string full)
    {
        var parts = new Stack<string>();
        for (var part = full; part is not null; part = Path.GetDirectoryName(part))
        {
            parts.Push(part);
        }

        return parts;
    }
}
