using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sam.Modules;
using static TorchSharp.torch;

namespace PolyCL.Sam.Engines;

/// <summary>SAM as torch modules, from Meta's weight files.</summary>
internal sealed class TorchEngine : ISamEngine
{
    /// <summary>Boxes decoded at once: a mask of many specks would else take gigabytes.</summary>
    private const int BoxesPerCall = 16;

    private readonly SamNetwork network;
    private readonly Device device;

    private TorchEngine(SamNetwork network, Device device, ComputePrecision precision, string sha256)
    {
        this.network = network;
        this.device = device;
        Sha256 = sha256;
        Arithmetic = precision == ComputePrecision.Full ? "float32" : "bfloat16";
    }

    public string Name => network.Sizes.Name;

    public string? Label => network.Label;

    /// <summary>What was done to make the weight file fit; null for nothing.</summary>
    internal string? Note => network.Note;

    public string Sha256 { get; }

    public int ImageSize => network.Sizes.ImageSize;

    public string Arithmetic { get; }

    internal static TorchEngine Load(string path, SamOptions options, Device device)
    {
        var network = SamNetwork.Load(path, options.Precision, device, options.DecoderHeads);
        network.Encoder.ChunkRows = options.ChunkRows;
        return new TorchEngine(network, device, options.Precision, ContentHash.OfFile(path));
    }

    public float[] Embed(SamImage image, byte[] resized)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        return network.Encode(image.Input(resized, device)).cpu().data<float>().ToArray();
    }

    public SliceMasks Decode(float[] embedding, SamImage image, IReadOnlyList<BoxPrompt> boxes, bool bestOfThree)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var map = tensor(embedding, device: device).view(1, network.Sizes.EmbeddingWidth, network.Sizes.Grid, network.Sizes.Grid);
        var union = zeros([image.Height, image.Width], ScalarType.Bool, device);
        List<float> qualities = [];
        foreach (var part in boxes.Chunk(BoxesPerCall))
        {
            using var call = NewDisposeScope();
            var masks = network.Decode(map, image.Corners(part, device));
            var (logits, quality) = bestOfThree ? Best(masks) : (masks.Logits.narrow(1, 0, 1), masks.Qualities.narrow(1, 0, 1));
            union.logical_or_(image.Back(logits).gt(0.0).any(0).squeeze(0));
            qualities.AddRange(quality.cpu().data<float>());
        }

        return new SliceMasks(union.to_type(ScalarType.Byte).cpu().data<byte>().ToArray(), [.. qualities]);
    }

    /// <summary>Of the alternatives 1 to 3 the one of best quality: logits [N, 1, ..] and quality [N, 1].</summary>
    private static (Tensor Logits, Tensor Quality) Best(DecodedMasks masks)
    {
        var (best, index) = masks.Qualities.narrow(1, 1, 3).max(1, keepdim: true);
        var spread = index.view(-1, 1, 1, 1).expand(-1, 1, masks.Logits.shape[2], masks.Logits.shape[3]);
        return (masks.Logits.narrow(1, 1, 3).gather(1, spread), best);
    }

    public void Dispose() => network.Dispose();
}
