using System.CommandLine;
using System.Globalization;
using PolyCL.Studies.Slurm;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study slurm</c>: job arrays for what is missing of a study.</summary>
internal static class StudySlurmCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var slurm = new SlurmArguments();
        var submit = new Option<bool>("--submit") { Description = "Submit at once; else the scripts are only written, to be read." };
        var command = new Command("slurm", "Write Slurm job arrays for what is missing of tables and not in the queue; computes nothing itself.") { submit };
        slurm.AddTo(command);
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            using var opened = study.OpenOrOutline(parse);
            var submission = SlurmStudy.Write(opened, slurm.Command(parse, study), slurm.Options(parse));
            var answer = parse.GetValue(submit) ? SlurmStudy.Submit(submission) : null;
            if (run.Json(parse))
            {
                JsonOutput.Write(new { submission, submitted = answer is not null && submission.Script is not null });
            }
            else
            {
                Write(submission, answer);
            }

            return 0;
        });
        return command;
    }

    private static void Write(SlurmSubmission submission, string? answer)
    {
        foreach (var (row, need) in submission.RowsWithout)
        {
            Console.Out.WriteLine($"{row}: {need}");
        }

        submission.Remarks.ToList().ForEach(Console.Out.WriteLine);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{submission.Tasks + submission.Finished + submission.Queued} tasks: {submission.Finished} finished, {submission.Queued} in the queue, {submission.Tasks} to submit."));
        if (submission.Script is not { } script)
        {
            return;
        }

        if (submission.MakesData)
        {
            Console.Out.WriteLine("  data first: all others wait for it");
        }

        foreach (var array in submission.Arrays)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {array.Stage}: {array.Tasks} tasks, {array.Indices}{(array.After is { } after ? $", each after its like of {after}" : "")}"));
        }

        Console.Out.WriteLine(answer ?? $"Read {script}, then call it to submit, or this line again with --submit.");
    }
}
