using System.Globalization;
using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Models.Weights;
using PolyCL.Studies;
using PolyCL.Training;
using static TorchSharp.torch;

namespace PolyCL.Bench;

/// <summary>This project's side of bench/reference/roundtrip.py: new networks with statistics of their own, and raw outputs for given slices.</summary>
/// <remarks><c>network-make BACKBONE PROFILE SIZE MODEL [encoder]</c>; <c>network-run MODEL INPUT.pth OUTPUT.pth</c>: tensors "input" and "output".</remarks>
internal static class NetworkExchange
{
    internal const string MakeVerb = "network-make";
    internal const string RunVerb = "network-run";
    private const int Passes = 20;                                       // running statistics reach those of the data

    /// <summary>The network of a word of <c>--backbone</c> in a profile's size, or TransUNet's small preset.</summary>
    internal static NetworkOptions Network(string backbone, string profile, int size) => (backbone, profile) == ("transunet", "small")
        ? TransUNetOptions.Small(size)
        : ProfileSettings.Network(
            Enum.Parse<Profile>(profile, ignoreCase: true),
            Enum.Parse<BackboneKind>(backbone.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            size);

    internal static int Make(string[] arguments)
    {
        var size = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var options = Network(arguments[0], arguments[1], size);
        var asEncoder = arguments is [_, _, _, _, "encoder"];
        manual_seed(2);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using nn.Module<Tensor, Tensor> network = asEncoder ? new ContrastiveEncoder(options.CreateEncoder()) : options.CreateSegmenter();
        foreach (var parameter in network.parameters())
        {
            parameter.add_(randn_like(parameter) * 0.01);                // norms and positions start from constants
        }

        network.train();
        for (var pass = 0; pass < Passes; pass++)
        {
            using var step = NewDisposeScope();
            network.call(rand(2, 1, size, size));
        }

        ModelFile.Save(arguments[3], network, new ModelCard
        {
            Kind = asEncoder ? ModelFile.EncoderKind : ModelFile.SegmenterKind,
            Network = options,
            EmbeddingSize = asEncoder ? ContrastiveEncoder.PaperEmbeddingSize : 0,
            Preparation = PrepareOptions.Paper with { Size = size },
            DataFingerprint = "none",
            Split = null,
            Profile = arguments[1],
            Seed = 2,
            Run = "none",
            Origin = "random weights",
        });
        return 0;
    }

    internal static int Run(string[] arguments)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var file = WeightFile.Read(arguments[1]);
        using nn.Module<Tensor, Tensor> network = ModelFile.ReadCard(arguments[0]).Kind == ModelFile.EncoderKind
            ? ModelFile.LoadEncoder(arguments[0], out _)
            : ModelFile.LoadSegmenter(arguments[0], out _);
        WeightFile.WriteTorch(arguments[2], new Dictionary<string, Tensor> { ["output"] = network.call(file.ReadTensor("input")) });
        return 0;
    }
}
