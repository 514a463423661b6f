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
        ("unet-residual", BackboneKind.UNetResidual),
        ("resunet", BackboneKind.ResUNet),
        ("pt-resunet", BackboneKind.PtResUNet),
        ("transunet", BackboneKind.TransUNet),
        ("nnunet", BackboneKind.NnUNet),
    ];

    private readonly Option<string?> backbone = BackboneOption();
    private readonly Option<string?> weights = new("--weights")
    {
        Description = "ResNet-18 weights of torchvision's names, .safetensors or zip .pth, that pt-resunet starts from; resunet takes what fits.",
        HelpName = "FILE",
    };

    /// <summary>The words of <c>--backbone</c>, each with the network's name.</summary>
    public static IEnumerable<(string Name, string Title)> Names => Kinds.Select(pair => (pair.Name, pair.Kind.Name()));

    /// <summary>The option that names a network.</summary>
    public static Option<string?> BackboneOption()
    {
        var option = new Option<string?>("--backbone") { Description = "Network; unet unless given, or the encoder's own." };
        option.AcceptOnlyFromAmong([.. Kinds.Select(kind => kind.Name)]);
        return option;
    }

    /// <summary>The network of a word of <c>--backbone</c>.</summary>
    public static BackboneKind KindOf(string name) => Array.Find(Kinds, pair => pair.Name == name).Kind;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(backbone);
        command.Options.Add(weights);
    }

    /// <summary>The network in the profile's size.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="size">Rows and columns of a slice.</param>
    /// <param name="pretrained">The network of the encoder that a fine-tuning starts from, taken unless <c>--backbone</c> is given.</param>
    public NetworkOptions Options(ParseResult parse, int size, NetworkOptions? pretrained = null)
    {
        var name = parse.GetValue(backbone);
        if (pretrained is not null && name is not null && KindOf(name) != pretrained.Kind)
        {
            throw new ArgumentException($"--backbone {name}: the encoder is that of a {pretrained.Backbone}; leave --backbone out, or pre-train this network.");
        }

        var network = pretrained ?? WithWeights(ProfileSettings.Network(training.ProfileOf(parse), KindOf(name ?? "unet"), size), name, parse.GetValue(weights));
        return network.WithPrecision(training.PrecisionOf(parse));
    }

    private static NetworkOptions WithWeights(NetworkOptions network, string? name, string? file)
    {
        if (file is null)
        {
            return name == "pt-resunet" ? throw new ArgumentException("--backbone pt-resunet: give the ImageNet weights with --weights FILE.") : network;
        }

        if (network is not ResUNetOptions residual)
        {
            throw new ArgumentException($"--weights {file}: a {network.Backbone} starts from no such file; use it with --backbone pt-resunet or resunet.");
        }

        var filled = residual.StartingFrom(ImageNetWeights.FromFile(file, partial: name == "resunet"));
        using var encoder = filled.CreateEncoder();
        Console.Error.WriteLine($"{file}: SHA-256 {filled.ImageNet!.Sha256}; {filled.LoadInitialWeights(encoder)}");
        return filled;
    }
}
