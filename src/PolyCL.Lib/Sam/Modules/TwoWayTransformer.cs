using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>The mask decoder's transformer: two layers and a last look of the tokens at the image.</summary>
/// <remarks>Tokens: [N, T, C]; image: [N, H·W, C]; each keeps its shape.</remarks>
internal sealed class TwoWayTransformer : Module
{
    private const int Depth = 2;
    private readonly ModuleList<TwoWayLayer> layers;
    private readonly TokenAttention final_attn_token_to_image;
    private readonly LayerNorm norm_final_attn;

    public TwoWayTransformer(MaskDecoderOptions options) : base(nameof(TwoWayTransformer))
    {
        var (width, heads) = (options.Width, options.Heads);
        layers = ModuleList([.. Enumerable.Range(0, Depth).Select(i => new TwoWayLayer(width, heads, InnerMap(), first: i == 0))]);
        final_attn_token_to_image = new TokenAttention(width, width / 2, heads);
        norm_final_attn = LayerNorm(width);
        RegisterComponents();

        Module<Tensor, Tensor> InnerMap() => options.Sam2
            ? new Mlp(width, options.MlpWidth, width, depth: 2)
            : new MlpBlock(width, options.MlpWidth, gelu: false);
    }

    /// <summary>Runs the layers.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="image">The image's tokens.</param>
    /// <param name="code">The image's position code [1, H·W, C].</param>
    /// <returns>Fresh tokens and image that the caller owns.</returns>
    internal (Tensor Tokens, Tensor Image) Run(Tensor tokens, Tensor image, Tensor code)
    {
        using var scope = NewDisposeScope();
        var positions = tokens;
        foreach (var layer in layers)
        {
            (tokens, image) = layer.Run(tokens, image, positions, code);
        }

        tokens = norm_final_attn.call(tokens + final_attn_token_to_image.call(tokens + positions, image + code, image));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }
}
