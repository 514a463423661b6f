using PolyCL.Core;
using PolyCL.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Gives organ probabilities of slices with a trained segmenter; takes and gives plain arrays.</summary>
public sealed class Predictor : IDisposable
{
    private readonly Segmenter network;
    private readonly Device device;
    private readonly string file;

    private Predictor(Segmenter network, Device device, ModelCard card, string file)
    {
        this.network = network;
        this.device = device;
        this.file = file;
        Card = card;
    }

    /// <summary>What the weight file says of itself.</summary>
    public ModelCard Card { get; }

    /// <summary>Slices that go through the network at once.</summary>
    public int BatchSize { get; init => field = Check.Positive(value, nameof(BatchSize)); } = 8;

    /// <summary>Opens a segmenter's weight file.</summary>
    /// <exception cref="WeightMismatchException">The file is no segmenter of this project.</exception>
    public static Predictor Open(string path, ComputeOptions? compute = null)
    {
        var device = (compute ?? new ComputeOptions()).Open();
        var network = ModelFile.LoadSegmenter(path, out var card);
        network.to(device);
        return new Predictor(network, device, card, path);
    }

    /// <summary>Probabilities of some slices.</summary>
    /// <param name="pixels">[slices, S, S] with S = <c>Card.Preparation.Size</c>, prepared as the card says.</param>
    /// <param name="slices">How many.</param>
    /// <param name="token">Stops between two batches.</param>
    /// <returns>[slices, S, S], 0 to 1.</returns>
    /// <exception cref="ArgumentException">The array does not hold that many slices, or a pixel is not finite.</exception>
    /// <exception cref="WeightMismatchException">The network answers NaN or infinity; the message says whether its weights are to blame.</exception>
    public float[] Probabilities(float[] pixels, int slices, CancellationToken token = default) =>
        SliceBatches.Run(network, input => sigmoid(network.call(input)), pixels, slices, Card.Preparation.Size, BatchSize, device, file, token);

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
