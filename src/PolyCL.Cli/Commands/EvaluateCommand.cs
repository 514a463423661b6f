using System.CommandLine;
using PolyCL.Core;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl evaluate</c>: scores a segmenter on scans with labels.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var data = new StoreArguments(run);
        var results = ComputeArguments.Results();
        var model = new Option<string>("--model") { Description = "A run folder of finetune, or its model.safetensors.", Required = true };
        var part = TrainingArguments.Words("--part", "test, validation or train of the model's split, or all (another dataset).", "test", "test", "validation", "train", "all");
        var output = new Option<string?>("--out") { Description = "Also write the JSON to this file." };
        var command = new Command("evaluate", "Score a segmenter: Dice, Hausdorff, HD95, ASSD, surface Dice, per volume and slice.") { model, part, output, results };
        data.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var evaluation = run.Run(parse, (progress, token) =>
            {
                using var predictor = Predictor.Open(FineTuneCommand.WeightsOf(parse.GetRequiredValue(model), FineTuning.WeightsName), compute.Options(parse));
                using var store = data.Open(parse, predictor.Card.Preparation, ComputeArguments.Stores(parse.GetValue(results)!), progress, token);
                return Evaluation.Of(predictor, store, parse.GetValue(part)!, progress, token);
            });
            if (parse.GetValue(output) is { } file)
            {
                AtomicFile.WriteText(file, SettingsJson.ToText(evaluation));
            }

            if (run.Json(parse))
            {
                JsonOutput.Write(evaluation);
            }
            else
            {
                EvaluationReport.Write(evaluation);
            }

            return 0;
        });
        return command;
    }
}
