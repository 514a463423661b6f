using System.CommandLine;
using PolyCL.Models;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>The options that name the network of a training.</summary>
internal sealed class NetworkArguments(TrainingArguments training)
{
    private static readonly (string Name, BackboneKind Kind)[] Kinds =
    [
        ("unet", BackboneKind.UNet),
    ];

    private readonly Option<string?> backbone = BackboneOption();

    /// <summary>The option that names a network.</summary>
    public static Option<string?> BackboneOption()
    {
        var option = new Option<string?>("--backbone") { Description = "Network; unet unless given, or the encoder's own." };
        option.AcceptOnlyFromAmong([.. Kinds.Select(pair => pair.Name)]);
        return option;
    }

    /// <summary>The network of a word of <c>--backbone</c>.</summary>
    public static BackboneKind KindOf(string name) => Array.Find(Kinds, pair => pair.Name == name).Kind;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(backbone);

    /// <summary>The network in the profile's size.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="size">Rows and columns of a slice.</param>
    /// <param name="pretrained">The network of the encoder that a fine-tuning starts from, taken unless <c>--backbone</c> is given.</param>
    public NetworkOptions Options(ParseResult parse, int size, NetworkOptions? pretrained = null)
    {
        var name = parse.GetValue(backbone);
        var network = name is null && pretrained is not null
            ? pretrained
            : ProfileSettings.Network(training.ProfileOf(parse), KindOf(name ?? "unet"), size);
        return network.WithPrecision(training.PrecisionOf(parse));
    }
}
