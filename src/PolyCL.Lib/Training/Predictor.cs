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

    private Predictor(Segmenter network, Device device, ModelCard card)
    {
        this.network = network;
        this.device = device;
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
        return new Predictor(network, device, card);
    }

    /// <summary>Probabilities of some slices.</summary>
    /// <param name="pixels">[slices, S, S] with S = <c>Card.Preparation.Size</c>, prepared as the card says.</param>
    /// <param name="slices">How many.</param>
    /// <param name="token">Stops between two batches.</param>
    /// <returns>[slices, S, S], 0 to 1.</returns>
    /// <exception cref="ArgumentException">The array does not hold that many slices.</exception>
    public float[] Probabilities(float[] pixels, int slices, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var size = Card.Preparation.Size;
        var area = size * size;
        if (pixels.Length < (long)Check.NotNegative(slices) * area)
        {
            throw new ArgumentException($"{slices} slices of {size}×{size} need {(long)slices * area} pixels; the array holds {pixels.Length}.", nameof(pixels));
        }

        using var noGradient = no_grad();
        network.eval();
        var result = new float[slices * area];
        for (var start = 0; start < slices; start += BatchSize)
        {
            token.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var count = Math.Min(BatchSize, slices - start);
            var input = tensor(pixels.AsSpan(start * area, count * area).ToArray(), [count, 1, size, size], device: device);
            sigmoid(network.call(input)).to_type(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(result.AsSpan(start * area, count * area));
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
