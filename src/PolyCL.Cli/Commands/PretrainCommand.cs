using System.CommandLine;
using PolyCL.Sampling;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl pretrain</c>: trains an encoder by contrast.</summary>
internal static class PretrainCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var data = new StoreArguments(run);
        var prepare = new PrepareArguments();
        var training = new TrainingArguments();
        var results = ComputeArguments.Results();
        var strategy = TrainingArguments.Words("--strategy", "scan (PolyCL-S), organ (-O), mixed (-M), simclr or supcon.", "mixed", "scan", "organ", "mixed", "simclr", "supcon");
        var rule = TrainingArguments.Words("--rule", "paper: eqs. 1-3; authors: as their released code draws.", "paper", "paper", "authors");
        var command = new Command("pretrain", "Pre-train an encoder by contrast; resumes where it was stopped.") { strategy, rule, results };
        data.AddTo(command);
        prepare.AddTo(command);
        training.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var kind = Enum.Parse<Strategy>(parse.GetValue(strategy)!, ignoreCase: true);
            var profile = training.ProfileOf(parse);
            var options = ProfileSettings.Pretrain(profile);
            options = options with
            {
                Selection = parse.GetValue(rule) == "authors" ? StrategyOptions.Authors(kind) : new StrategyOptions { Strategy = kind },
                Views = parse.GetValue(rule) == "authors" ? ViewOptions.Authors : new ViewOptions(),
                Network = options.Network with { Precision = training.PrecisionOf(parse) },
                Epochs = parse.GetValue(training.Epochs) ?? options.Epochs,
                BatchSize = parse.GetValue(training.BatchSize) ?? options.BatchSize,
                LearningRate = parse.GetValue(training.LearningRate) ?? options.LearningRate,
                Seed = parse.GetValue(training.Seed),
            };
            var result = run.Run(parse, (progress, token) =>
            {
                using var store = data.Open(parse, prepare.Options(parse, ProfileSettings.Prepare(profile).Size), ComputeArguments.Stores(parse.GetValue(results)!), progress, token);
                var split = training.SplitOf(parse, store);
                return Pretraining.Run(options, store, split, compute.Options(parse), parse.GetValue(results)!, training.NameOf(parse, store.Options), progress, token);
            });
            RunReport.Write(result, run.Json(parse));
            return 0;
        });
        return command;
    }
}
