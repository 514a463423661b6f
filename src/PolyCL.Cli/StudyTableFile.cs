using PolyCL.Core;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>Reads tables of a study from the JSON that <c>study export --format json</c> writes.</summary>
internal static class StudyTableFile
{
    /// <summary>Reads one table.</summary>
    /// <exception cref="RunStateException">The file does not hold one.</exception>
    public static StudyTable Read(string path) => SettingsJson.Read<StudyTable>(File.ReadAllText(path), path);
}
