using System.CommandLine;
using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study plan</c>: what of a study is there, what is missing, what it takes, and how that falls with the number of workers.</summary>
internal static class StudyPlanCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var steps = new Option<int?>("--measure-steps") { Description = "Steps measured of each network without a known step time. Default: 20, or as many as fit into ten seconds, at least 3.", HelpName = "N" };
        var noMeasuring = new Option<bool>("--no-measuring") { Description = "Take step times from finished runs only; the same as --measure-steps 0." };
        var workers = Workers();
        var command = new Command("plan", "List the runs of tables: finished, missing, estimated hours and memory. Prepares the data, trains nothing.") { steps, noMeasuring, workers };
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var options = new StudyPlanOptions { MeasureSteps = parse.GetValue(noMeasuring) ? 0 : parse.GetValue(steps), Workers = Numbers(parse.GetValue(workers)!)! };
            var plan = run.Run(parse, (progress, token) =>
            {
                using var opened = study.Open(parse, progress, token);
                return StudyPlan.Of(opened, options, progress, token);
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

    private static Option<string> Workers()
    {
        var option = new Option<string>("--workers") { Description = "Numbers of processes, each on a device of its own, to estimate the hours for, parted by commas.", DefaultValueFactory = _ => "1,8,64", HelpName = "N[,M]" };
        option.Validators.Add(result =>
        {
            if (Numbers(result.GetValueOrDefault<string>() ?? "") is null)
            {
                result.AddError($"--workers is '{result.GetValueOrDefault<string>()}'; give numbers from 1 on, parted by commas.");
            }
        });
        return option;
    }

    private static List<int>? Numbers(string text)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToList();
        return numbers.Contains(0) ? null : numbers;
    }

    private static void Write(StudyPlan plan)
    {
        var table = new TextTable("job", "seed", "steps", "s/step", "minutes", "GiB", "GPU GiB", "state", "row");
        foreach (var job in plan.Jobs)
        {
            var state = job.Holder is { } holder ? $"{Word(job.State)} ({holder})" : Word(job.State);
            table.Add(
                Word(job.Kind) + (job.Table is { } number ? $" {number}" : ""),
                Text(job.Seed, "0"),
                Text(job.Steps, "0"),
                Text(job.StepSeconds, "0.0000"),
                Text(job.SecondsLeft / 60, "0.0"),
                Text(job.MemoryBytes / (double)(1 << 30), "0.0"),
                Text(job.DeviceMemoryBytes / (double)(1 << 30), "0.0"),
                state,
                job.Row);
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
        if (plan.Scaling is { EnoughWorkers: > 0 } scaling)
        {
            Console.Out.WriteLine();
            Write(scaling);
        }
    }

    private static void Write(StudyScaling scaling)
    {
        var (unit, seconds) = scaling.LongestChainSeconds < 3600 ? ("minutes", 60) : ("hours", 3600);
        var table = new TextTable("workers", unit, "busy", "limited by");
        foreach (var schedule in scaling.Schedules)
        {
            var limit = schedule.Workers > scaling.MostAtOnce ? string.Create(CultureInfo.InvariantCulture, $"jobs: {scaling.MostAtOnce} at once at most")
                : schedule.Workers >= scaling.EnoughWorkers ? "the longest chain"
                : "work";
            table.Add(Text(schedule.Workers, "0"), Text(schedule.Seconds / seconds, "0.0"), Text(schedule.BusyShare * 100, "0") + " %", limit);
        }

        table.Write(Console.Out);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Each worker is a process on a device of its own, as fast as this one. From {scaling.EnoughWorkers} on more are of no use: one run uses one device, and the longest chain takes {scaling.LongestChainSeconds / seconds:0.0} {unit} ({string.Join(" → ", scaling.LongestChain)})."));
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
