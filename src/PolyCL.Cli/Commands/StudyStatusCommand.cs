using System.CommandLine;
using System.Globalization;
using PolyCL.Studies.Slurm;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study status</c>: how each job of a study stands, by its folder and by Slurm.</summary>
internal static class StudyStatusCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var command = new Command("status", "List the jobs of tables: how each stands by its folder, and what Slurm says of its task. Makes and measures nothing.");
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            using var opened = study.OpenOrOutline(parse);
            var status = SlurmStudy.Status(opened, study.Identity(parse));
            if (run.Json(parse))
            {
                JsonOutput.Write(status);
            }
            else
            {
                Write(status);
            }

            return 0;
        });
        return command;
    }

    private static void Write(StudyStatus status)
    {
        var table = new TextTable("job", "state", "task", "slurm", "node", "elapsed", "");
        foreach (var task in status.Tasks)
        {
            string[] slurm = [Name(task), Word(task.Slurm), task.Slurm?.Node ?? "", task.Slurm?.Elapsed ?? ""];
            if (task.Jobs.Count == 0)
            {
                table.Add(["make the data", status.HasData ? "finished" : "missing", .. slurm, task.Slurm?.Reason ?? ""]);
            }

            foreach (var job in task.Jobs)
            {
                table.Add([job.Label, job.State.ToString().ToLowerInvariant(), .. slurm, job.Error ?? job.Holder ?? task.Slurm?.Reason ?? ""]);
            }
        }

        table.Write(Console.Out);
        Console.Out.WriteLine();
        status.Remarks.ToList().ForEach(Console.Out.WriteLine);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Table {string.Join(", ", status.Tables)}, profile {status.Profile}: {status.Jobs} jobs, {status.Finished} finished, {status.Failed} failed; {status.Queued} tasks in Slurm's queue.{(status.HasData ? "" : " The data are not there yet.")}"));
    }

    private static string Name(StudyTaskStatus task) =>
        task.Slurm is { } entry ? entry.Id : string.Create(CultureInfo.InvariantCulture, $"{task.Stage} {task.Number}");

    private static string Word(SlurmEntry? entry) => entry?.State.ToLowerInvariant() ?? "–";
}
