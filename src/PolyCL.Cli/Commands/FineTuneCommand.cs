using System.CommandLine;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl finetune</c>: trains a segmenter on few labelled scans.</summary>
internal static class FineTuneCommand
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
        var encoder = new Option<string?>("--encoder") { Description = "Pre-trained encoder: a run folder of pretrain, or its encoder.safetensors. Without it: from scratch." };
        var fraction = new Option<double>("--label-fraction") { Description = "Share of the training scans whose labels are used.", DefaultValueFactory = _ => 0.1 };
        var ofSlices = new Option<bool>("--of-slices") { Description = "Count the label fraction in slices instead of scans." };
        var authors = new Option<bool>("--authors-schedule") { Description = "Change the rate once an epoch, as a slip in the authors' loop does." };
        var protocol = TrainingArguments.Words("--protocol", "paper for the paper's optimiser and schedule, native for nnU-Net's own.", "paper", "paper", "native");
        var command = new Command("finetune", "Train a segmenter on few labelled scans; resumes where it was stopped.") { encoder, fraction, ofSlices, authors, protocol, results };
        data.AddTo(command);
        prepare.AddTo(command);
        training.AddTo(command);
        network.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var profile = training.ProfileOf(parse);
            var own = Enum.Parse<TrainingProtocol>(parse.GetValue(protocol)!, ignoreCase: true);
            var options = ProfileSettings.FineTune(profile, protocol: own);
            var rate = parse.GetValue(training.LearningRate);
            options = options with
            {
                LabelFraction = parse.GetValue(fraction),
                OfSlices = parse.GetValue(ofSlices),
                AuthorsSchedule = parse.GetValue(authors),
                Epochs = parse.GetValue(training.Epochs) ?? options.Epochs,
                BatchSize = parse.GetValue(training.BatchSize) ?? options.BatchSize,
                Seed = parse.GetValue(training.Seed),
            };
            var weights = parse.GetValue(encoder) is { } given ? WeightsOf(given, Pretraining.WeightsName) : null;
            var result = run.Run(parse, (progress, token) =>
            {
                using var store = data.Open(parse, prepare.Options(parse, ProfileSettings.Prepare(profile).Size), ComputeArguments.Stores(parse.GetValue(results)!), progress, token);
                var card = weights is null ? null : ModelFile.ReadCard(weights);
                var split = parse.GetValue(training.Split) is null && card?.Split is { } seen ? seen : training.SplitOf(parse, store);
                var chosen = network.Options(parse, store.Size, card?.Network);
                var fitting = options with { Network = chosen, LearningRate = rate ?? ProfileSettings.FineTune(profile, chosen.Kind, own).LearningRate };
                var name = ProfileSettings.NameOf(profile, store.Options, fitting);
                return FineTuning.Run(fitting, weights, new TrainingData(store, split), new RunPlace(parse.GetValue(results)!, compute.Options(parse), name), progress, token);
            });
            RunReport.Write(result, run.Json(parse));
            return 0;
        });
        return command;
    }

    /// <summary>The weight file of a run folder, or the file itself.</summary>
    internal static string WeightsOf(string path, string name) => Directory.Exists(path) ? Path.Combine(path, name) : path;
}
