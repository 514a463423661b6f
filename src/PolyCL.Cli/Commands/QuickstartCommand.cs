using System.CommandLine;
using System.Globalization;
using PolyCL.Studies;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl quickstart</c>: the main job on generated phantom CT.</summary>
internal static class QuickstartCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var results = ComputeArguments.Results();
        var profile = TrainingArguments.Words("--profile", "smoke (seconds) or quick (minutes).", "quick", "smoke", "quick");
        var seed = new Option<long>("--seed") { Description = "Seed of the first repeat.", DefaultValueFactory = _ => 1 };
        var repeats = new Option<int>("--repeats") { Description = "Repeats with consecutive seeds.", DefaultValueFactory = _ => 1 };
        var command = new Command("quickstart", "Generate phantom CT, pre-train, fine-tune on 10 % labels, compare with from-scratch; no downloads.") { profile, seed, repeats, results };
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var size = parse.GetValue(profile) == "smoke" ? QuickstartOptions.Smoke : new QuickstartOptions();
            var options = size with { Seed = parse.GetValue(seed), Repeats = parse.GetValue(repeats) };
            var report = run.Run(parse, (progress, token) => Quickstart.Run(options, compute.Options(parse), parse.GetValue(results)!, progress, token));
            if (run.Json(parse))
            {
                JsonOutput.Write(report);
                return 0;
            }

            Console.Out.Write(report.ToMarkdown());
            Console.Out.WriteLine();
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Took {report.Seconds:0} s. Look at {report.Folder}: report.md, predictions.png, pretraining.png, fine-tuning.png."));
            return 0;
        });
        return command;
    }
}
