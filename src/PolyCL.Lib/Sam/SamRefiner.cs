using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sam.Engines;
using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Sam;

/// <summary>Refines coarse masks with SAM: boxes round the coarse mask are its prompts (paper §3.3.1). Takes and gives plain arrays.</summary>
/// <remarks>Works on one slice at a time; not for several threads at once.</remarks>
public sealed class SamRefiner : IDisposable
{
    private readonly ISamEngine engine;

    internal SamRefiner(ISamEngine engine, SamOptions options, string? warning, EmbeddingCache? cache)
    {
        this.engine = engine;
        Options = options;
        Cache = cache;
        Warning = warning;
    }

    /// <summary>The settings.</summary>
    public SamOptions Options { get; }

    /// <summary>Size of the network: <c>vit_b</c>, <c>vit_l</c>, <c>vit_h</c>, or its depth and width.</summary>
    public string Model => engine.Name;

    /// <summary>What the weight file says its weights are, such as <see cref="TinyWeights.Label"/>; null for Meta's and others'.</summary>
    public string? ModelLabel => engine.Label;

    /// <summary>SHA-256 of the weights.</summary>
    public string Sha256 => engine.Sha256;

    /// <summary>What a user should know of the weight file, or null.</summary>
    public string? Warning { get; }

    /// <summary>Where embeddings are kept, or null.</summary>
    public EmbeddingCache? Cache { get; }

    /// <summary>Opens a weight file of SAM, as Meta publishes it or of the same names: MedSAM, a fine-tuned one, .safetensors.</summary>
    /// <param name="path">The file; <see cref="TinyWeights.Sam"/> to try without a download.</param>
    /// <param name="options">How masks are refined; null for the paper's way.</param>
    /// <param name="device">Where it computes; null for the CPU.</param>
    /// <param name="cache">Where embeddings are kept from run to run; null keeps none.</param>
    /// <exception cref="WeightMismatchException">The file is absent, damaged, or of another network.</exception>
    public static SamRefiner Load(string path, SamOptions? options = null, Device? device = null, EmbeddingCache? cache = null)
    {
        OfficialWeights.MustExist(path, OfficialWeights.Sam);
        options ??= new SamOptions();
        var engine = TorchEngine.Load(path, options, device ?? CPU);
        var doubt = OfficialWeights.Doubt(path, engine.Sha256, OfficialWeights.Sam);
        return new SamRefiner(engine, options, TinyWeights.Warning(path, engine.Label, doubt, engine.Note), cache);
    }

    /// <summary>Opens SAM as a pair of ONNX files, with ONNX Runtime: the encoder as it is usually exported, the decoder as Meta's script exports it.</summary>
    /// <param name="encoder">From a normalised image [1, 3, S, S], or from grey levels [H, W, 3], to the embedding.</param>
    /// <param name="decoder">From embedding and points to masks. One that gives a single mask has its own choice between clear and ambiguous prompts.</param>
    /// <param name="options">How masks are refined; precision and chunks are the files' own.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <param name="cache">Where embeddings are kept from run to run; null keeps none.</param>
    /// <exception cref="WeightMismatchException">A file is absent, damaged, or has other inputs and outputs.</exception>
    /// <exception cref="ArgumentException">Another precision than the files' is asked for.</exception>
    public static SamRefiner LoadOnnx(string encoder, string decoder, SamOptions? options = null, string device = "cpu", EmbeddingCache? cache = null)
    {
        options ??= new SamOptions();
        return options.Precision == ComputePrecision.Full
            ? new SamRefiner(OnnxEngine.Load(encoder, decoder, device), options, warning: null, cache)
            : throw new ArgumentException("An ONNX file computes in its own number format; leave the precision out.", nameof(options));
    }

    /// <summary>Refines the coarse mask of one slice.</summary>
    /// <param name="slice">height × width, shares of the window from 0 to 1, as in prepared slices.</param>
    /// <param name="coarse">height × width; what is not 0 is foreground.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>The refined mask; an empty one, without asking the model, where the coarse mask is empty.</returns>
    /// <exception cref="ArgumentException">Slice or mask has another length.</exception>
    public RefinedSlice Refine(ReadOnlySpan<float> slice, ReadOnlySpan<byte> coarse, int height, int width)
    {
        if (slice.Length != (long)height * width)
        {
            throw new ArgumentException($"A slice of {height}×{width} has {(long)height * width} pixels; {slice.Length} were given.", nameof(slice));
        }

        var boxes = BoxPrompt.Of(coarse, height, width, Options.Boxes, Options.Margin);
        if (boxes.Count == 0)
        {
            return new RefinedSlice(new byte[coarse.Length], [], []);
        }

        var image = new SamImage(height, width, engine.ImageSize);
        var masks = engine.Decode(Embedding(image, image.Resized(SamImage.GreyLevels(slice))), image, boxes, Options.BestOfThree);
        return new RefinedSlice(masks.Union, boxes, masks.Qualities);
    }

    private float[] Embedding(SamImage image, byte[] resized) => Cache is null
        ? engine.Embed(image, resized)
        : Cache.FindOrMake(
            EmbeddingCache.Key([engine.Sha256, engine.Arithmetic, $"{image.Rows}×{image.Columns}"], resized), () => engine.Embed(image, resized));

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();
}
