using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Turns boxes, points and mask logits into the mask decoder's inputs; the same in SAM and SAM 2.</summary>
internal sealed class PromptEncoder : Module
{
    private const int MaskChannels = 16;
    private readonly PositionCode pe_layer;
    private readonly ModuleList<TokenTable> point_embeddings;
    private readonly TokenTable not_a_point_embed;
    private readonly MaskDownscaling mask_downscaling;
    private readonly TokenTable no_mask_embed;
    private readonly int grid;
    private readonly int imageSize;

    /// <param name="width">Channels of the image embedding, C.</param>
    /// <param name="grid">Its height and width, h = w.</param>
    /// <param name="imageSize">Pixels along one side of the model's image.</param>
    public PromptEncoder(int width, int grid, int imageSize) : base(nameof(PromptEncoder))
    {
        this.grid = grid;
        this.imageSize = imageSize;
        pe_layer = new PositionCode(width);
        point_embeddings = ModuleList([.. Enumerable.Range(0, 4).Select(_ => new TokenTable(1, width))]);
        not_a_point_embed = new TokenTable(1, width);
        mask_downscaling = new MaskDownscaling(width, MaskChannels);
        no_mask_embed = new TokenTable(1, width);
        RegisterComponents();
    }

    /// <summary>Position code of the image embedding's pixels; the same at every call.</summary>
    /// <returns>[1, C, h, w].</returns>
    internal Tensor DenseCode()
    {
        using var scope = NewDisposeScope();
        var steps = (arange(grid, dtype: ScalarType.Float32, device: no_mask_embed.Values.device) + 0.5) / ((double)grid);
        var points = stack([steps.unsqueeze(0).expand(grid, grid), steps.unsqueeze(1).expand(grid, grid)], dim: -1);   // [h, w, 2], x first
        return pe_layer.call(points).permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Turns points into tokens; a box is two points.</summary>
    /// <param name="points">[N, P, 2], x and y in pixels of the model's image, pixel centres at whole numbers.</param>
    /// <param name="labels">What each of the P points is.</param>
    /// <returns>[N, P, C].</returns>
    internal Tensor Tokens(Tensor points, IReadOnlyList<PromptLabel> labels)
    {
        using var scope = NewDisposeScope();
        var meanings = labels.Select(label => label == PromptLabel.Padding ? not_a_point_embed.Values : point_embeddings[(int)label].Values);
        var placed = tensor([.. labels.Select(label => label == PromptLabel.Padding ? 0f : 1f)], device: points.device).unsqueeze(-1);   // [P, 1]
        var codes = pe_layer.call((points + 0.5) / ((double)imageSize)) * placed;
        return (codes + cat([.. meanings])).MoveToOuterDisposeScope();
    }

    /// <summary>Turns a mask of logits, or the absence of one, into what is added to the image embedding.</summary>
    /// <param name="logits">[N, 1, 4h, 4w], or null.</param>
    /// <returns>[N, C, h, w]; [1, C, 1, 1] without a mask.</returns>
    internal Tensor Dense(Tensor? logits) => logits is null ? no_mask_embed.Values.view(1, -1, 1, 1) : mask_downscaling.call(logits);
}
