using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>The mask decoder of SAM and SAM 2: an image embedding and prompts in, four masks for each prompt out.</summary>
internal sealed class MaskDecoder : Module
{
    private const int Masks = 4;
    private const int HeadDepth = 3;
    private readonly TwoWayTransformer transformer;
    private readonly TokenTable? obj_score_token;
    private readonly TokenTable iou_token;
    private readonly TokenTable mask_tokens;
    private readonly MaskUpscaling output_upscaling;
    private readonly Conv2d? conv_s0;
    private readonly Conv2d? conv_s1;
    private readonly ModuleList<Mlp> output_hypernetworks_mlps;
    private readonly Mlp iou_prediction_head;
    private readonly Mlp? pred_obj_score_head;

    public MaskDecoder(MaskDecoderOptions options) : base(nameof(MaskDecoder))
    {
        var width = options.Width;
        transformer = new TwoWayTransformer(options);
        iou_token = new TokenTable(1, width);
        mask_tokens = new TokenTable(Masks, width);
        output_upscaling = new MaskUpscaling(width);
        output_hypernetworks_mlps = ModuleList([.. Enumerable.Range(0, Masks).Select(_ => new Mlp(width, width, width / 8, HeadDepth))]);
        iou_prediction_head = new Mlp(width, options.IouWidth, Masks, HeadDepth);
        if (options.Sam2)
        {
            obj_score_token = new TokenTable(1, width);
            pred_obj_score_head = new Mlp(width, width, 1, HeadDepth);
            conv_s0 = Conv2d(width, width / 8, kernel_size: 1);
            conv_s1 = Conv2d(width, width / 4, kernel_size: 1);
        }

        RegisterComponents();
    }

    /// <summary>Prepares SAM 2's maps of the finer levels, once for each image.</summary>
    /// <param name="level0">[1, C, 4h, 4w].</param>
    /// <param name="level1">[1, C, 2h, 2w].</param>
    /// <returns>Fresh maps that the caller owns.</returns>
    /// <exception cref="InvalidOperationException">This is SAM's decoder, which takes none.</exception>
    internal FineMaps Narrow(Tensor level0, Tensor level1) => conv_s0 is null || conv_s1 is null
        ? throw new InvalidOperationException("SAM's decoder takes no finer maps.")
        : new FineMaps(conv_s0.Apply(level0), conv_s1.Apply(level1));

    /// <summary>Decodes all prompts of one image, or one prompt of each of N.</summary>
    /// <param name="image">The image embedding [1 or N, C, h, w].</param>
    /// <param name="code">Its position code [1, C, h, w].</param>
    /// <param name="prompts">Prompt tokens [N, P, C].</param>
    /// <param name="dense">What is added to the embedding: [N, C, h, w] or [1, C, 1, 1].</param>
    /// <param name="finer">SAM 2's maps of the finer levels; null for SAM.</param>
    /// <returns>Fresh tensors that the caller owns.</returns>
    internal DecodedMasks Run(Tensor image, Tensor code, Tensor prompts, Tensor dense, FineMaps? finer = null)
    {
        using var scope = NewDisposeScope();
        var (n, own) = (prompts.shape[0], OwnTokens());
        var tokens = cat([own.unsqueeze(0).expand(n, -1, -1), prompts], dim: 1);                          // [N, T, C]
        var placed = (image + dense).expand(n, -1, -1, -1).flatten(2).transpose(1, 2);                    // [N, h·w, C]
        var (read, seen) = transformer.Run(tokens, placed, code.flatten(2).transpose(1, 2));
        var quality = own.shape[0] - Masks - 1;
        var masks = read.narrow(1, quality + 1, Masks);
        var map = output_upscaling.Run(seen.transpose(1, 2).unflatten(2, image.shape[2], image.shape[3]), finer);
        var weights = stack([.. output_hypernetworks_mlps.Select((mlp, i) => mlp.call(masks.select(1, i)))], dim: 1);   // [N, 4, C / 8]
        var logits = weights.bmm(map.flatten(2)).unflatten(2, map.shape[2], map.shape[3]);
        var qualities = iou_prediction_head.call(read.select(1, quality));
        return new DecodedMasks(
            logits.MoveToOuterDisposeScope(),
            (pred_obj_score_head is null ? qualities : qualities.sigmoid()).MoveToOuterDisposeScope(),
            masks.MoveToOuterDisposeScope(),
            pred_obj_score_head?.call(read.select(1, 0)).MoveToOuterDisposeScope());
    }

    /// <summary>The decoder's own tokens, before the prompts': object (SAM 2), quality, masks.</summary>
    private Tensor OwnTokens() => obj_score_token is null
        ? cat([iou_token.Values, mask_tokens.Values])
        : cat([obj_score_token.Values, iou_token.Values, mask_tokens.Values]);
}
