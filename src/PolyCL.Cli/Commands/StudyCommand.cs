using System.CommandLine;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study</c>: the paper's tables from stored runs.</summary>
internal static class StudyCommand
{
    public static Command Create() => new("study", "The paper's tables: what they claim, and what runs say of it.") { StudyClaimsCommand.Create(), StudyExportCommand.Create() };
}
