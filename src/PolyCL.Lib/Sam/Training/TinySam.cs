using PolyCL.Core;
using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Sam.Training;

/// <summary>Trains the small SAM from random weights: a slice and a box, tight, loose or round a degraded mask, to the mask of the organ in it.</summary>
public static class TinySam
{
    /// <summary>The sizes of the network that comes with the program.</summary>
    internal static readonly SamArchitecture Sizes = new()
    {
        Grid = 16,
        Width = 96,
        Heads = 3,
        MlpWidth = 384,
        Windows = [8, 16, 8, 16],
        EmbeddingWidth = 96,
        DecoderMlpWidth = 192,
        IouWidth = 96,
    };

    /// <summary>The recipe of the network that comes with the program.</summary>
    public static TinyRecipe Recipe { get; } = new() { Model = "sam", Steps = 1500, Phantoms = new TinyPhantoms { Scans = 12 } };

    /// <summary>Trains, writes the weights and scores them on phantoms that were held out.</summary>
    /// <param name="recipe">How.</param>
    /// <param name="path">The .safetensors to write; whole or absent.</param>
    /// <param name="progress">Told of phantoms, steps and scored scans.</param>
    /// <param name="token">Stops between steps; nothing is written then.</param>
    /// <exception cref="ArgumentException">The file has another ending.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static TinyReport Train(TinyRecipe recipe, string path, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        var losses = Train(recipe, Sizes, path, progress, token);
        return TinyReport.Of(path, recipe, losses, TinySamScore.Of(path, progress, token));
    }

    /// <summary>Trains a network of given sizes and writes it.</summary>
    /// <returns>The loss of each step.</returns>
    internal static IReadOnlyList<double> Train(
        TinyRecipe recipe, SamArchitecture sizes, string path, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        TinyFile.CheckName(path);
        var scans = TinyScan.Generate(recipe.Phantoms, progress, token);
        using var network = FirstWeights.Draw(recipe.Seed, () => new SamNetwork(sizes));
        network.Encoder.ChunkRows = 0;
        var losses = TinyLoop.Run(network, recipe, step => Loss(network, SamBatch.Draw(scans, sizes.ImageSize, recipe.Batch, recipe.Seed, step)), progress, token);
        TinyFile.Write(path, network, recipe, sizes, TinyScan.Digest(scans));
        return losses;
    }

    /// <summary>The mask for clear prompts, the best of the three for ambiguous ones, and how far the predicted qualities are off.</summary>
    private static Tensor Loss(SamNetwork network, SamBatch batch)
    {
        using var scope = NewDisposeScope();
        var embeddings = network.Encode(batch.Images).repeat_interleave(SamBatch.Prompts, dim: 0);
        var masks = network.Decode(embeddings, batch.Corners);
        var losses = MaskLoss.OfEach(masks.Logits, batch.Truth);                                            // [N, 4]
        var (best, _) = losses.narrow(1, 1, 3).min(1);
        var quality = (masks.Qualities - MaskLoss.Overlap(masks.Logits, batch.Truth)).square().mean();
        return (losses.select(1, 0).mean() + best.mean() + quality).MoveToOuterDisposeScope();
    }
}
