using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>The sizes of a SAM network, as read off the names and shapes of its weights.</summary>
internal sealed record SamArchitecture
{
    /// <summary>Pixels along one side of a patch.</summary>
    internal const int Patch = 16;

    /// <summary>Prefixes of the three parts.</summary>
    internal static readonly IReadOnlyList<string> Parts = ["image_encoder.", "prompt_encoder.", "mask_decoder."];

    /// <summary>Patches along one side of the model's image.</summary>
    public required int Grid { get; init; }

    /// <summary>Pixels along one side of the model's image.</summary>
    public int ImageSize => Grid * Patch;

    /// <summary>Width of the image encoder's tokens.</summary>
    public required int Width { get; init; }

    /// <summary>Attention heads of the image encoder.</summary>
    public required int Heads { get; init; }

    /// <summary>Width inside the image encoder's blocks.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Side of each block's attention windows in patches; <see cref="Grid"/> for a block that looks at the whole image.</summary>
    public required IReadOnlyList<int> Windows { get; init; }

    /// <summary>Channels of the image embedding.</summary>
    public required int EmbeddingWidth { get; init; }

    /// <summary>Heads of the mask decoder, the only size that no shape tells: 8 in all published files.</summary>
    public int DecoderHeads { get; init; } = 8;

    /// <summary>Width inside the mask decoder's layers.</summary>
    public required int DecoderMlpWidth { get; init; }

    /// <summary>Width inside the head that predicts quality.</summary>
    public required int IouWidth { get; init; }

    /// <summary>Meta's name of the size, or the sizes.</summary>
    public string Name => (Width, Windows.Count) switch
    {
        (768, 12) => "vit_b",
        (1024, 24) => "vit_l",
        (1280, 32) => "vit_h",
        var (width, depth) => $"vit of {depth} blocks of {width}",
    };

    /// <summary>The same with the first blocks alone.</summary>
    public SamArchitecture FirstBlocks(int count) => this with { Windows = [.. Windows.Take(count)] };

    /// <summary>Reads the sizes.</summary>
    /// <param name="shapes">The shape of each tensor by its name in Meta's files.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="WeightMismatchException">The tensors are not those of a SAM network.</exception>
    public static SamArchitecture Read(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, string path)
    {
        var grid = Size("image_encoder.pos_embed", 1, rank: 4);
        var depth = 0;
        while (shapes.ContainsKey(Block(depth, "attn.qkv.weight")))
        {
            depth++;
        }

        var width = Size("image_encoder.pos_embed", 3, rank: 4);
        return new SamArchitecture
        {
            Grid = grid,
            Width = width,
            Heads = width / Size(Block(0, "attn.rel_pos_h"), 1, rank: 2),
            MlpWidth = Size(Block(0, "mlp.lin1.weight"), 0, rank: 2),
            Windows = [.. Enumerable.Range(0, depth).Select(i => (Size(Block(i, "attn.rel_pos_h"), 0, rank: 2) + 1) / 2)],
            EmbeddingWidth = Size("mask_decoder.mask_tokens.weight", 1, rank: 2),
            DecoderMlpWidth = Size("mask_decoder.transformer.layers.0.mlp.lin1.weight", 0, rank: 2),
            IouWidth = Size("mask_decoder.iou_prediction_head.layers.0.weight", 0, rank: 2),
        };

        static string Block(int i, string name) => $"image_encoder.blocks.{i}.{name}";

        int Size(string name, int dimension, int rank) =>
            shapes.TryGetValue(name, out var shape) && shape.Count == rank && shape[dimension] is > 0 and <= int.MaxValue
                ? (int)shape[dimension]
                : throw new WeightMismatchException(
                    $"Weight file '{path}' is not of a SAM network: it has no tensor '{name}' of {rank} dimensions. Give a file such as sam_vit_b_01ec64.pth.", path);
    }
}
