using PolyCL.Core;
using PolyCL.Sam.Video;

namespace PolyCL.Sam.Training;

/// <summary>Trains the small SAM 2 from random weights: the mask of one slice of a short sequence, to the organ's masks in the others.</summary>
public static class TinySam2
{
    /// <summary>Slices of a sequence in the first part of the steps and in the rest.</summary>
    private const int Pair = 2, Whole = 6;

    /// <summary>Share of the steps that are made on pairs, twice as many at a time: from them the network learns to see.</summary>
    private const double PairShare = 0.3;

    /// <summary>The sizes of the network that comes with the program.</summary>
    internal static readonly Sam2Architecture Sizes = new()
    {
        Name = "hiera_phantom_tiny",
        ImageSize = 128,
        Width = 20,
        Stages = [1, 2, 2, 1],
        GlobalBlocks = [4],
        Windows = [8, 4, 8, 4],
        Dim = 64,
        MemoryDim = 16,
        MemoryLayers = 2,
        MemoryMlp = 256,
        DecoderMlp = 256,
    };

    /// <summary>The recipe of the network that comes with the program.</summary>
    public static TinyRecipe Recipe { get; } = new()
    {
        Model = "sam2",
        Steps = 1500,
        Batch = 4,
        Phantoms = new TinyPhantoms { Slices = null },
    };

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
        return TinyReport.Of(path, recipe, losses, TinySam2Score.Of(path, progress, token));
    }

    /// <summary>Trains a network of given sizes and writes it.</summary>
    /// <returns>The loss of each step.</returns>
    internal static IReadOnlyList<double> Train(
        TinyRecipe recipe, Sam2Architecture sizes, string path, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        TinyFile.CheckName(path);
        var scans = TinyScan.Generate(recipe.Phantoms, progress, token);
        using var network = FirstWeights.Draw(recipe.Seed, () => new Sam2Network(sizes));
        var source = new SequenceSource(scans, sizes, recipe.Seed);
        var tracking = new SequenceTracking(network);
        var pairs = PairShare * recipe.Steps;
        var losses = TinyLoop.Run(
            network,
            recipe,
            step => tracking.Loss(step < pairs ? source.Draw(step, 2 * recipe.Batch, Pair) : source.Draw(step, recipe.Batch, Whole)),
            progress,
            token);
        TinyFile.Write(path, network, recipe, sizes, TinyScan.Digest(scans));
        return losses;
    }
}
