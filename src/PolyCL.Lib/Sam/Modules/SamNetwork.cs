using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>A whole SAM network under the names of Meta's files.</summary>
internal sealed class SamNetwork : Module
{
    private static readonly PromptLabel[] BoxLabels = [PromptLabel.TopLeft, PromptLabel.BottomRight];
    private readonly ImageEncoder image_encoder;
    private readonly PromptEncoder prompt_encoder;
    private readonly MaskDecoder mask_decoder;

    public SamNetwork(SamArchitecture sizes) : base("SAM")
    {
        Sizes = sizes;
        image_encoder = new ImageEncoder(sizes);
        prompt_encoder = new PromptEncoder(sizes.EmbeddingWidth, sizes.Grid, sizes.ImageSize);
        mask_decoder = new MaskDecoder(new MaskDecoderOptions(sizes.EmbeddingWidth, sizes.DecoderHeads, sizes.DecoderMlpWidth, sizes.IouWidth));
        RegisterComponents();
        eval();
    }

    /// <summary>The sizes.</summary>
    internal SamArchitecture Sizes { get; }

    /// <summary>What the weight file says its weights are, or null; see <see cref="TinyWeights"/>.</summary>
    internal string? Label { get; init; }

    /// <summary>What was done to make the weight file fit, such as names shortened, as one text; null for nothing.</summary>
    internal string? Note { get; private set; }

    /// <summary>The image encoder; it stays this object's.</summary>
    internal ImageEncoder Encoder => image_encoder;

    /// <summary>Builds the network that a weight file is of, and fills it.</summary>
    /// <param name="path">Meta's file, or one of the same names: .pth, .pt or .safetensors, alone or with a training state.</param>
    /// <param name="precision">The number format of the image encoder; all else is float32.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="decoderHeads">Heads of the mask decoder, which no shape tells.</param>
    /// <exception cref="WeightMismatchException">The file cannot be read, is of another network, or has weights that are not finite.</exception>
    internal static SamNetwork Load(string path, ComputePrecision precision, Device device, int decoderHeads = 8)
    {
        using var scope = NewDisposeScope();
        using var weights = WeightFile.Read(path);
        var network = new SamNetwork(SamWeights.Architecture(weights) with { DecoderHeads = decoderHeads }) { Label = TinyWeights.LabelOf(weights) };
        try
        {
            network.Note = WeightLoader.Load(network, weights, new WeightLoadOptions { AllowNarrowing = true }).NoteOn(path);
            network.to(device);
            if (precision == ComputePrecision.BFloat16)
            {
                network.image_encoder.to(ScalarType.BFloat16);
            }

            foreach (var parameter in network.parameters())
            {
                parameter.requires_grad = false;
            }

            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Encodes an image.</summary>
    /// <param name="input">float [1, 3, S, S], from <see cref="SamImage.Input"/>.</param>
    /// <returns>float [1, C, S / 16, S / 16].</returns>
    internal Tensor Encode(Tensor input)
    {
        using var scope = NewDisposeScope();
        var format = image_encoder.parameters().First().dtype;
        return image_encoder.call(input.to_type(format)).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes boxes, all in one call.</summary>
    /// <param name="embedding">From <see cref="Encode"/>.</param>
    /// <param name="corners">From <see cref="SamImage.Corners"/>.</param>
    /// <returns>Fresh tensors that the caller owns.</returns>
    internal DecodedMasks Decode(Tensor embedding, Tensor corners)
    {
        using var scope = NewDisposeScope();
        var prompts = prompt_encoder.Tokens(corners, BoxLabels);
        var masks = mask_decoder.Run(embedding, prompt_encoder.DenseCode(), prompts, prompt_encoder.Dense(null));
        return masks with
        {
            Logits = masks.Logits.MoveToOuterDisposeScope(),
            Qualities = masks.Qualities.MoveToOuterDisposeScope(),
            Tokens = masks.Tokens.MoveToOuterDisposeScope(),
        };
    }
}
