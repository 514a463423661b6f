using System.CommandLine;
using System.Globalization;
using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Models.Weights;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl models</c>: the networks, what they cost, and their weights to and from other programs.</summary>
internal static class ModelsCommand
{
    private const double Billion = 1e9;

    public static Command Create() => new("models", "List and describe networks; bring weights to and from PyTorch.") { List(), Describe(), Export(), Import() };

    private static Command List()
    {
        var size = new SizeArguments();
        var command = new Command("list", "List the networks with parameters and multiply-adds for one slice.");
        size.AddTo(command);
        command.SetAction(parse =>
        {
            var rows = NetworkArguments.Names.Select(entry =>
            {
                var network = size.Network(parse, entry.Name);
                var cost = NetworkCost.OfSegmenter(network, size.Of(parse));
                return new { Backbone = entry.Name, Network = entry.Title, cost.Parameters, Gmac = cost.MultiplyAdds / Billion, network.Divisor };
            }).ToList();
            if (size.Json(parse))
            {
                JsonOutput.Write(rows);
                return 0;
            }

            Console.Out.WriteLine($"{"--backbone",-14} {"network",-28} {"parameters",12} {"GMAC",7}   slices of {size.Of(parse)}×{size.Of(parse)}");
            foreach (var row in rows)
            {
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Backbone,-14} {row.Network,-28} {row.Parameters,12:#,0} {row.Gmac,7:0.00}"));
            }

            return 0;
        });
        return command;
    }

    private static Command Describe()
    {
        var size = new SizeArguments();
        var model = new Argument<string?>("model") { Description = "A run folder or weight file of this project.", Arity = ArgumentArity.ZeroOrOne };
        var backbone = NetworkArguments.BackboneOption();
        var command = new Command("describe", "Print a network layer by layer: output, parameters, multiply-adds.") { model, backbone };
        size.AddTo(command);
        command.SetAction(parse =>
        {
            var card = parse.GetValue(model) is { } path ? CardOf(path) : null;
            var slice = card?.Preparation.Size ?? size.Of(parse);
            var network = card?.Network ?? size.Network(parse, parse.GetValue(backbone) ?? "unet");
            var cost = card?.EmbeddingSize > 0 ? NetworkCost.OfEncoder(network, slice, card.EmbeddingSize) : NetworkCost.OfSegmenter(network, slice);
            if (size.Json(parse))
            {
                JsonOutput.Write(new { network.Backbone, Size = slice, cost.Parameters, cost.MultiplyAdds, cost.Layers, Card = card });
                return 0;
            }

            Console.Out.WriteLine($"{network.Backbone}, slices of {slice}×{slice}{(card is null ? "" : $", {card.Kind}, {card.Origin}, profile {card.Profile}")}");
            foreach (var layer in cost.Layers)
            {
                Row(layer.Name, string.Join('×', layer.Output.Skip(1)), layer.Parameters, layer.MultiplyAdds);
            }

            Row("all layers and norms", "", cost.Parameters, cost.MultiplyAdds);
            return 0;
        });
        return command;

        static void Row(string name, string output, long parameters, long multiplyAdds) => Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,-62} {output,14} {parameters,12:#,0} {multiplyAdds / Billion,8:0.000} GMAC"));
    }

    private static Command Export()
    {
        var model = new Argument<string>("model") { Description = "A run folder or weight file of this project." };
        var output = new Option<string>("--out") { Description = "The file to write: .safetensors, or .pth for torch.load.", Required = true };
        var command = new Command("export", "Write a model's weights for other programs, under the reference implementation's names.") { model, output };
        command.SetAction(parse =>
        {
            var path = parse.GetRequiredValue(model);
            var count = ModelExchange.Export(FineTuneCommand.WeightsOf(path, WeightsIn(path)), parse.GetRequiredValue(output));
            Console.Out.WriteLine($"{parse.GetRequiredValue(output)}: {count} tensors");
            return 0;
        });
        return command;
    }

    private static Command Import()
    {
        var size = new SizeArguments();
        var file = new Argument<string>("file") { Description = "Weights under the reference implementation's names, or with what savers put before them: .safetensors or .pth." };
        var backbone = NetworkArguments.BackboneOption();
        var output = new Option<string>("--out") { Description = "The model file to write.", Required = true };
        var encoder = new Option<bool>("--encoder") { Description = "The file holds a contrastive encoder, not a segmenter." };
        var partial = new Option<bool>("--partial") { Description = "Take what fits and leave the rest as initialised." };
        var like = new Option<string?>("--like")
        {
            Description = "A run folder or weight file of this project whose network and preparation to take, instead of --backbone, --profile and --size.",
            HelpName = "MODEL",
        };
        var command = new Command("import", "Make a model of this project from another program's weights, with a report of what fitted.") { file, backbone, like, output, encoder, partial };
        size.AddTo(command);
        command.SetAction(parse =>
        {
            var card = parse.GetValue(like) is { } known ? CardOf(known) : null;
            var report = ModelExchange.Import(
                parse.GetRequiredValue(file),
                card?.Network ?? size.Network(parse, parse.GetValue(backbone) ?? "unet"),
                parse.GetValue(encoder),
                card?.Preparation ?? PrepareOptions.Paper with { Size = size.Of(parse) },
                parse.GetRequiredValue(output),
                new WeightLoadOptions { Partial = parse.GetValue(partial), AllowNarrowing = true });
            if (size.Json(parse))
            {
                JsonOutput.Write(report);
                return 0;
            }

            Console.Out.WriteLine($"{parse.GetRequiredValue(output)}: {report}");
            foreach (var note in report.Notes)
            {
                Console.Out.WriteLine($"  note: {note}");
            }

            foreach (var line in report.Missing.Select(name => $"missing {name}").Concat(report.Unexpected.Select(name => $"unexpected {name}")).Concat(report.WrongShape))
            {
                Console.Out.WriteLine($"  {line}");
            }

            return 0;
        });
        return command;
    }

    /// <summary>The card of a run folder's weights, or of the file itself.</summary>
    private static ModelCard CardOf(string path) => ModelFile.ReadCard(FineTuneCommand.WeightsOf(path, WeightsIn(path)));

    /// <summary>The weight file of a run folder: a segmenter's where there is one, else an encoder's.</summary>
    private static string WeightsIn(string folder) =>
        File.Exists(Path.Combine(folder, FineTuning.WeightsName)) ? FineTuning.WeightsName : Pretraining.WeightsName;

    /// <summary>The options that fix a network's size without a training.</summary>
    private sealed class SizeArguments
    {
        private readonly Option<string> profile = TrainingArguments.Words("--profile", "Sizes of which profile: smoke, quick or paper.", "paper", "smoke", "quick", "paper");
        private readonly Option<int?> size = new("--size") { Description = "Rows and columns of a slice instead of the profile's.", HelpName = "N" };
        private readonly Option<bool> json = new("--json") { Description = "Print one JSON object." };

        public void AddTo(Command command)
        {
            command.Options.Add(profile);
            command.Options.Add(size);
            command.Options.Add(json);
        }

        public bool Json(ParseResult parse) => parse.GetValue(json);

        public int Of(ParseResult parse) => parse.GetValue(size) ?? ProfileSettings.Prepare(ProfileOf(parse)).Size;

        public NetworkOptions Network(ParseResult parse, string name) => ProfileSettings.Network(ProfileOf(parse), NetworkArguments.KindOf(name), Of(parse));

        private Profile ProfileOf(ParseResult parse) => Enum.Parse<Profile>(parse.GetValue(profile)!, ignoreCase: true);
    }
}
