namespace PolyCL.Core;

/// <summary>Symbolic links: what is wrong with one that leads nowhere, and the file at the end of others; <see cref="RealPath"/> follows those of a whole path.</summary>
internal static class FileLinks
{
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
}
