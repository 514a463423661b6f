using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Gives the embeddings of slices with a pre-trained encoder; takes and gives plain arrays.</summary>
public sealed class Embedder : IDisposable
{
    private readonly ContrastiveEncoder network;
    private readonly Device device;
    private readonly string file;

    private Embedder(ContrastiveEncoder network, Device device, ModelCard card, string file)
    {
        this.network = network;
        this.device = device;
        this.file = file;
        Card = card;
    }

    /// <summary>What the weight file says of itself.</summary>
    public ModelCard Card { get; }

    /// <summary>Slices that go through the network at once; does not change the embeddings.</summary>
    public int BatchSize { get; init => field = Check.Positive(value, nameof(BatchSize)); } = 16;

    /// <summary>Opens a pre-trained encoder's weight file.</summary>
    /// <exception cref="WeightMismatchException">The file is no pre-trained encoder of this project.</exception>
    public static Embedder Open(string path, ComputeOptions? compute = null)
    {
        var device = (compute ?? new ComputeOptions()).Open();
        var network = ModelFile.LoadEncoder(path, out var card);
        network.to(device);
        return new Embedder(network, device, card, path);
    }

    /// <summary>Builds the encoder that a pre-training with these settings starts from.</summary>
    /// <remarks>Seeds torch's generators, as the pre-training does.</remarks>
    /// <param name="options">The pre-training's settings.</param>
    /// <param name="store">The slices it would see.</param>
    /// <param name="split">Their scans.</param>
    /// <param name="compute">Device and threads.</param>
    /// <exception cref="ArgumentException">The network does not take slices of the store's size.</exception>
    public static Embedder BeforeTraining(PretrainOptions options, SliceStore store, ScanSplit split, ComputeOptions? compute = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        options.Network.CheckSize(store.Size, store.Size);
        var device = (compute ?? new ComputeOptions()).Open();
        new StepSeed(options.Seed, device).Initialise();
        var network = ContrastiveEncoder.Of(options.Network, options.EmbeddingSize);
        network.to(device);
        return new Embedder(network, device, new ModelCard
        {
            Kind = ModelFile.EncoderKind,
            Network = options.Network,
            EmbeddingSize = options.EmbeddingSize,
            Preparation = store.Options,
            DataFingerprint = store.Fingerprint,
            Split = split,
            Profile = "",
            Seed = options.Seed,
            Run = "",
            Origin = "before training",
        }, "the network before training");
    }

    /// <summary>Embeddings of some slices: g(f(x)) of the paper, not length-normalised, without dropout.</summary>
    /// <param name="pixels">[slices, S, S] with S = <c>Card.Preparation.Size</c>, prepared as the card says.</param>
    /// <param name="slices">How many.</param>
    /// <param name="token">Stops between two batches.</param>
    /// <returns>One vector of <c>Card.EmbeddingSize</c> numbers per slice.</returns>
    /// <exception cref="ArgumentException">The array does not hold that many slices, or a pixel is not finite.</exception>
    /// <exception cref="WeightMismatchException">The network answers NaN or infinity; the message says whether its weights are to blame.</exception>
    public float[][] Embeddings(float[] pixels, int slices, CancellationToken token = default) =>
        [.. SliceBatches.Run(network, network.call, pixels, slices, Card.Preparation.Size, BatchSize, device, file, token).Chunk(Card.EmbeddingSize)];

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
