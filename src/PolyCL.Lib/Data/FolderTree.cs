using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>A folder and all below it, each once: a link to a folder that is read anyway is named and not followed.</summary>
internal static class FolderTree
{
    private const int Depth = 8;

    /// <summary>The folders, hidden ones left out, as paths below the root.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="warnings">Takes a sentence for each link that is not followed, and each below the root that leads nowhere.</param>
    public static IReadOnlyList<string> Walk(string root, List<string> warnings)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var result = new List<string>();
        var links = new Queue<(string Path, int Depth)>();
        Enter(root, 0);

        // Links last, so that a folder keeps its own name where a link leads to it, too.
        while (links.TryDequeue(out var link))
        {
            Enter(link.Path, link.Depth);
        }

        return result;

        void Enter(string folder, int depth)
        {
            var real = RealPath.Of(folder);
            if (depth > 0 && IsWithin(RealPath.Of(Path.GetDirectoryName(folder)!), real))
            {
                warnings.Add($"{folder} is a link that leads back to a folder that holds it; it is not followed.");
                return;
            }

            if (seen.TryGetValue(real, out var first))
            {
                warnings.Add($"{folder} is the same folder as {first}; it is read once.");
                return;
            }

            seen.Add(real, folder);
            result.Add(folder);
            if (depth > 0)
            {
                warnings.AddRange(DatasetFolder.DeadLinks(folder));
            }

            foreach (var below in depth < Depth ? DatasetFolder.Folders(folder) : [])
            {
                if (new DirectoryInfo(below).LinkTarget is null)
                {
                    Enter(below, depth + 1);
                }
                else
                {
                    links.Enqueue((below, depth + 1));
                }
            }
        }
    }

    private static bool IsWithin(string folder, string outer) =>
        folder == outer || folder.StartsWith(Path.TrimEndingDirectorySeparator(outer) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
