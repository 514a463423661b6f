using System.CommandLine;
using System.Globalization;
using PolyCL.Core;
using PolyCL.Sam.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl sam</c>: trains the small networks that come with the program.</summary>
internal static class SamCommand
{
    /// <summary>The networks that can be trained: recipe and training, by name.</summary>
    private static readonly Dictionary<string, (TinyRecipe Recipe, Training Train)> Models = new()
    {
        ["sam"] = (TinySam.Recipe, TinySam.Train),
        ["sam2"] = (TinySam2.Recipe, TinySam2.Train),
    };

    private delegate TinyReport Training(TinyRecipe recipe, string path, IProgress<ProgressReport>? progress, CancellationToken token);

    public static Command Create() => new("sam", "Train the small SAM and SAM 2 that come with the program.") { TrainTiny() };

    private static Command TrainTiny()
    {
        var run = new RunArguments();
        var model = new Option<string>("--model") { Description = "The network: sam or sam2.", DefaultValueFactory = _ => "sam" };
        var output = new Option<string>("--out") { Description = "The weight file to write: .safetensors.", Required = true };
        var steps = new Option<int?>("--steps") { Description = "Steps instead of the recipe's.", HelpName = "N" };
        var seed = new Option<long?>("--seed") { Description = "Seed of first weights, order and prompts instead of the recipe's.", HelpName = "N" };
        var command = new Command("train-tiny", "Train a small network on phantoms, write its weights and score them on other phantoms.") { model, output, steps, seed };
        model.AcceptOnlyFromAmong([.. Models.Keys]);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var (known, train) = Models[parse.GetRequiredValue(model)];
            var recipe = known with
            {
                Steps = parse.GetValue(steps) ?? known.Steps,
                Seed = parse.GetValue(seed) ?? known.Seed,
                Threads = run.Threads(parse) is > 0 and var threads ? threads : Environment.ProcessorCount,
            };
            var report = run.Run(parse, (progress, token) => train(recipe, parse.GetRequiredValue(output), progress, token));
            if (run.Json(parse))
            {
                JsonOutput.Write(report);
            }
            else
            {
                Write(report);
            }

            return 0;
        });
        return command;
    }

    private static void Write(TinyReport report)
    {
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.File}: {report.Label}, {report.Bytes} bytes, loss {report.FirstLoss:0.000} to {report.LastLoss:0.000} in {report.Recipe.Steps} steps"));
        var table = new TextTable("site", "matrix", "slices of", "scored", "Dice before", "after", "best prompt");
        foreach (var score in report.HeldOut)
        {
            table.Add(
                score.Site.ToString(), Text(score.Grid.Matrix), Text(score.Grid.Prepared ?? score.Grid.Matrix), Text(score.Slices), Share(score.Before), Share(score.After), score.Best is { } best ? Share(best) : "–");
        }

        table.Write(Console.Out);

        static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

        static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }
}
