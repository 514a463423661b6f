using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>The NIfTI files of a folder by their names without extension. Capitals matter only where two names differ by nothing else.</summary>
/// <param name="paths">The files.</param>
internal sealed class NamedFiles(IEnumerable<string> paths)
{
    private readonly ILookup<string, string> files = paths.ToLookup(path => DatasetFolder.Stem(path)!, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every name once with the first file that has it.</summary>
    public IEnumerable<(string Name, string Path)> Each =>
        files.SelectMany(group => group.Select(path => (Name: DatasetFolder.Stem(path)!, path)).DistinctBy(file => file.Name, StringComparer.Ordinal));

    /// <summary>Whether a file has the name, whatever its capitals.</summary>
    public bool Has(string name) => files.Contains(name);

    /// <summary>The file of a name, or null.</summary>
    /// <exception cref="DatasetException">Several files have the name, such as <c>ct.nii</c> and <c>ct.nii.gz</c>.</exception>
    public string? Find(string name)
    {
        string[] alike = [.. files[ComposedName.Of(name)]];
        string[] same = [.. alike.Where(path => DatasetFolder.Stem(path) == ComposedName.Of(name))];
        return (same.Length > 0 ? same : alike) switch
        {
            [] => null,
            [var one] => one,
            [var first, var second, ..] => throw Ambiguous(first, second),
        };
    }

    /// <summary>The error for two files that could both be meant.</summary>
    public static DatasetException Ambiguous(string first, string second) =>
        new($"{first} and {Path.GetFileName(second)} beside it have one name, and either could be meant; remove one.", first);
}
