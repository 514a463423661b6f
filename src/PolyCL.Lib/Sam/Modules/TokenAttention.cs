using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Multi-head attention from one set of tokens to another, in fewer dimensions where asked.</summary>
/// <remarks>In: queries [N, Q, C], keys and values [N, K, C]. Out: [N, Q, C].</remarks>
internal sealed class TokenAttention : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly Linear q_proj;
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear out_proj;
    private readonly int heads;

    /// <param name="width">Width of a token.</param>
    /// <param name="inner">Width in which the attention works; the heads share it.</param>
    /// <param name="heads">Number of heads; divides <paramref name="inner"/>.</param>
    public TokenAttention(int width, int inner, int heads) : base(nameof(TokenAttention))
    {
        this.heads = heads;
        q_proj = Linear(width, inner);
        k_proj = Linear(width, inner);
        v_proj = Linear(width, inner);
        out_proj = Linear(inner, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor queries, Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        var mixed = functional.scaled_dot_product_attention(
            Split(q_proj.call(queries)), Split(k_proj.call(keys)), Split(v_proj.call(values)));   // [N, heads, Q, inner / heads]
        return out_proj.call(mixed.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    private Tensor Split(Tensor x) => x.unflatten(2, heads, -1).transpose(1, 2);
}
