using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Models.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Weight files of this project: .safetensors with a <see cref="ModelCard"/> inside.</summary>
public static class ModelFile
{
    internal const string EncoderKind = "contrastive-encoder";
    internal const string SegmenterKind = "segmenter";
    private const string CardKey = "polycl.card";

    /// <summary>Writes network and card; the file is whole or absent.</summary>
    public static void Save(string path, Module network, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(network);
        using var scope = NewDisposeScope();
        WeightFile.Write(path, network.state_dict(), new Dictionary<string, string> { [CardKey] = SettingsJson.ToLine(card) });
    }

    /// <summary>Reads the card of a file.</summary>
    /// <exception cref="WeightMismatchException">The file is not one of ours.</exception>
    public static ModelCard ReadCard(string path)
    {
        using var weights = WeightFile.Read(path);
        return CardOf(weights, path);
    }

    /// <summary>Builds the contrastive encoder of a file.</summary>
    /// <exception cref="WeightMismatchException">The file holds another kind of network, or weights that are NaN or infinite.</exception>
    public static ContrastiveEncoder LoadEncoder(string path, out ModelCard card)
    {
        using var weights = WeightFile.Read(path);
        card = CardOf(weights, path);
        Expect(card, EncoderKind, path);
        var network = new ContrastiveEncoder(card.Network.CreateEncoder(), card.EmbeddingSize);
        return Fill(network, weights);
    }

    /// <summary>Builds the segmenter of a file.</summary>
    /// <exception cref="WeightMismatchException">The file holds another kind of network, or weights that are NaN or infinite.</exception>
    public static Segmenter LoadSegmenter(string path, out ModelCard card)
    {
        using var weights = WeightFile.Read(path);
        card = CardOf(weights, path);
        Expect(card, SegmenterKind, path);
        return Fill(card.Network.CreateSegmenter(), weights);
    }

    private static T Fill<T>(T network, WeightSet weights)
        where T : Module
    {
        try
        {
            WeightLoader.Load(network, weights);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static ModelCard CardOf(WeightSet weights, string path) =>
        weights.Metadata.TryGetValue(CardKey, out var json)
            ? SettingsJson.Read<ModelCard>(json, path)
            : throw new WeightMismatchException($"{path}: the file carries no model card; give a model that this project trained.", path);

    private static void Expect(ModelCard card, string kind, string path)
    {
        if (card.Kind != kind)
        {
            throw new WeightMismatchException($"{path}: the file holds a {card.Kind}; a {kind} is needed here.", path);
        }
    }
}
