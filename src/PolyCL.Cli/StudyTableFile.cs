using PolyCL.Core;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>Reads tables of a study from the JSON that <c>study show --json</c> and <c>study export --format json</c> write.</summary>
internal static class StudyTableFile
{
    /// <summary>Reads one table, or several in a list.</summary>
    /// <exception cref="RunStateException">The file does not hold one.</exception>
    public static IReadOnlyList<StudyTable> Read(string path)
    {
        var text = File.ReadAllText(path);
        return text.TrimStart().StartsWith('[') ? SettingsJson.Read<List<StudyTable>>(text, path) : [SettingsJson.Read<StudyTable>(text, path)];
    }

    /// <summary>The tables of several files by number.</summary>
    /// <exception cref="ArgumentException">A table is given twice.</exception>
    /// <exception cref="RunStateException">A file does not hold one.</exception>
    public static IReadOnlyDictionary<int, StudyTable> ReadAll(IEnumerable<string> paths)
    {
        var tables = new SortedDictionary<int, StudyTable>();
        foreach (var (path, table) in paths.SelectMany(path => Read(path).Select(table => (path, table))))
        {
            if (!tables.TryAdd(table.Number, table))
            {
                throw new ArgumentException($"{path}: Table {table.Number} is given twice; give each table once.");
            }
        }

        return tables;
    }
}
