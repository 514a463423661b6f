using System.CommandLine;
using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study plan</c>: what of a study is there, what is missing, and how long that takes.</summary>
internal static class StudyPlanCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var noMeasuring = new Option<bool>("--no-measuring") { Description = "Take step times from finished runs only, without measuring a few steps of the other networks." };
        var command = new Command("plan", "List the runs of tables: finished, missing, estimated hours. Prepares the data, trains nothing.") { noMeasuring };
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var plan = run.Run(parse, (progress, token) =>
            {
                using var opened = study.Open(parse, progress, token);
                return StudyPlan.Of(opened, !parse.GetValue(noMeasuring), progress, token);
            });
            if (run.Json(parse))
            {
                JsonOutput.Write(plan);
            }
            else
            {
                Write(plan);
            }

            return 0;
        });
        return command;
    }

    private static void Write(StudyPlan plan)
    {
        var table = new TextTable("job", "seed", "steps", "s/step", "minutes", "state", "row");
        foreach (var job in plan.Jobs)
        {
            var state = job.Holder is { } holder ? $"{Word(job.State)} ({holder})" : Word(job.State);
            table.Add(Word(job.Kind) + (job.Table is { } number ? $" {number}" : ""), Text(job.Seed, "0"), Text(job.Steps, "0"), Text(job.StepSeconds, "0.0000"), Text(job.SecondsLeft / 60, "0.0"), state, job.Row);
        }

        table.Write(Console.Out);
        Console.Out.WriteLine();
        foreach (var (row, need) in plan.RowsWithout)
        {
            Console.Out.WriteLine($"{row}: {need}");
        }

        foreach (var job in plan.Jobs.Where(job => job.Error is not null))
        {
            Console.Out.WriteLine($"{job.Row}, seed {job.Seed}: {job.Error}");
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Table {string.Join(", ", plan.Tables)}, profile {plan.Profile}: {plan.Jobs.Count} jobs, {plan.Finished} finished, {plan.Missing} missing; {(plan.Hours is { } hours ? $"about {hours:0.00} hours for one process on this machine" : "no step measured, so no estimate")}."));
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
