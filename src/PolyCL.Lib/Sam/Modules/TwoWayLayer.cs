using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>One layer of the mask decoder: tokens attend to each other and to the image, then the image to the tokens.</summary>
/// <remarks>Tokens: [N, T, C]; image: [N, H·W, C]; each keeps its shape.</remarks>
internal sealed class TwoWayLayer : Module
{
    private readonly TokenAttention self_attn;
    private readonly LayerNorm norm1;
    private readonly TokenAttention cross_attn_token_to_image;
    private readonly LayerNorm norm2;
    private readonly Module<Tensor, Tensor> mlp;
    private readonly LayerNorm norm3;
    private readonly LayerNorm norm4;
    private readonly TokenAttention cross_attn_image_to_token;
    private readonly bool first;

    /// <param name="width">Width of a token.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="mlp">The layer's own inner map; it differs in names between SAM and SAM 2.</param>
    /// <param name="first">True for the first layer, whose self-attention knows no positions and replaces the tokens.</param>
    public TwoWayLayer(int width, int heads, Module<Tensor, Tensor> mlp, bool first) : base(nameof(TwoWayLayer))
    {
        this.mlp = mlp;
        this.first = first;
        self_attn = new TokenAttention(width, width, heads);
        cross_attn_token_to_image = new TokenAttention(width, width / 2, heads);
        cross_attn_image_to_token = new TokenAttention(width, width / 2, heads);
        norm1 = LayerNorm(width);
        norm2 = LayerNorm(width);
        norm3 = LayerNorm(width);
        norm4 = LayerNorm(width);
        RegisterComponents();
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="image">The image's tokens.</param>
    /// <param name="positions">The tokens as they were before the first layer.</param>
    /// <param name="code">The image's position code.</param>
    /// <returns>Fresh tokens and image that the caller owns.</returns>
    internal (Tensor Tokens, Tensor Image) Run(Tensor tokens, Tensor image, Tensor positions, Tensor code)
    {
        using var scope = NewDisposeScope();
        if (first)
        {
            tokens = norm1.call(self_attn.call(tokens, tokens, tokens));
        }
        else
        {
            var placed = tokens + positions;
            tokens = norm1.call(tokens + self_attn.call(placed, placed, tokens));
        }

        var keys = image + code;
        tokens = norm2.call(tokens + cross_attn_token_to_image.call(tokens + positions, keys, image));
        tokens = norm3.call(tokens + mlp.call(tokens));
        image = norm4.call(image + cross_attn_image_to_token.call(keys, tokens + positions, tokens));
        return (tokens.MoveToOuterDisposeScope(), image.MoveToOuterDisposeScope());
    }
}
