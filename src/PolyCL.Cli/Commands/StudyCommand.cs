using System.CommandLine;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study</c>: the paper's tables from stored runs.</summary>
internal static class StudyCommand
{
    public static Command Create() => new("study", "The paper's tables: run them, show them, export them, check what they claim.")
    {
        StudyPlanCommand.Create(), StudyDataCommand.Create(), StudyRunCommand.Create(), StudySlurmCommand.Create(), StudyStatusCommand.Create(), StudyShowCommand.Create(), StudyExportCommand.Create(), StudyReportCommand.Create(), StudyClaimsCommand.Create(),
    };
}
