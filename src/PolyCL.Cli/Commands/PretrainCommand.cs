using System.CommandLine;
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
        var network = new NetworkArguments(training);
        var results = ComputeArguments.Results();
        var strategy = new StrategyArguments();
        var command = new Command("pretrain", "Pre-train an encoder by contrast; resumes where it was stopped.") { results };
        strategy.AddTo(command);
        data.AddTo(command);
        prepare.AddTo(command);
        training.AddTo(command);
        network.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var profile = training.ProfileOf(parse);
            var options = ProfileSettings.Pretrain(profile);
            options = options with
            {
                Selection = strategy.Options(parse),
                Views = strategy.Views(parse),
                Epochs = parse.GetValue(training.Epochs) ?? options.Epochs,
                BatchSize = parse.GetValue(training.BatchSize) ?? options.BatchSize,
                LearningRate = parse.GetValue(training.LearningRate) ?? options.LearningRate,
                Seed = parse.GetValue(training.Seed),
            };
            var result = run.Run(parse, (progress, token) =>
            {
                using var store = data.Open(parse, prepare.Options(parse, ProfileSettings.Prepare(profile).Size), ComputeArguments.Stores(parse.GetValue(results)!), progress, token);
                var split = training.SplitOf(parse, store);
                var used = options with { Network = network.Options(parse, store.Size) };
                var place = new RunPlace(parse.GetValue(results)!, compute.Options(parse), ProfileSettings.NameOf(profile, store.Options, used));
                return Pretraining.Run(used, new TrainingData(store, split), place, null, progress, token);
            });
            RunReport.Write(result, run.Json(parse));
            return 0;
        });
        return command;
    }
}
