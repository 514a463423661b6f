using System.CommandLine;
using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study run</c>: runs what is missing of a study.</summary>
internal static class StudyRunCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var command = new Command("run", "Run what is missing of tables; several processes on one folder share the work. Stop and repeat at any time.");
        var jobs = new Option<string[]>("--job")
        {
            Description = "Only this job, as study status names it; may be repeated. Waits for what it needs only while others work on that.",
            HelpName = "LABEL",
        };
        command.Options.Add(jobs);
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var (outcome, tables) = run.Run(parse, (progress, token) =>
            {
                using var opened = study.Open(parse, progress, token, parse.GetValue(jobs));
                var outcome = StudyRunner.Run(opened, progress, token);
                return (outcome, opened.Options.Jobs.Count > 0 ? [] : opened.Options.Tables.Select(opened.Table).ToList());
            });
            if (run.Json(parse))
            {
                JsonOutput.Write(outcome);
            }
            else
            {
                tables.ForEach(StudyTableReport.Write);
                Write(outcome);
            }

            return outcome.Failed.Count > 0 ? Failure.Failed : 0;
        });
        return command;
    }

    private static void Write(StudyOutcome outcome)
    {
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{outcome.Jobs} jobs: {outcome.FinishedBefore} were finished, {outcome.Done} done here, {outcome.DoneByOthers} by other processes, {outcome.Failed.Count} failed; {outcome.Seconds:0} s."));
        foreach (var (job, reason) in outcome.Failed)
        {
            Console.Error.WriteLine($"failed: {job}: {reason}");
        }
    }
}
