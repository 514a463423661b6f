using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>A pre-norm transformer layer: tokens plus attention of their norm, plus the inner map of that norm.</summary>
/// <remarks>In and out: [N, T, C].</remarks>
internal sealed class TransformerLayer : Module<Tensor, Tensor>
{
    internal const double Epsilon = 1e-6;

    private readonly LayerNorm attention_norm;
    private readonly LayerNorm ffn_norm;
    private readonly FeedForward ffn;
    private readonly SelfAttention attn;

    /// <param name="options">Sizes and dropout.</param>
    /// <param name="dropout">Source of the masks.</param>
    /// <param name="number">Number of the layer, from 0; part of the masks' keys.</param>
    public TransformerLayer(TransUNetOptions options, DropoutKey dropout, int number) : base(nameof(TransformerLayer))
    {
        attention_norm = LayerNorm(options.Hidden, Epsilon);
        ffn_norm = LayerNorm(options.Hidden, Epsilon);
        ffn = new FeedForward(options, dropout, (2 * number) + 1);
        attn = new SelfAttention(options.Hidden, options.Heads, options.Precision);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = input + attn.call(attention_norm.call(input));
        return (attended + ffn.call(ffn_norm.call(attended))).MoveToOuterDisposeScope();
    }

    /// <summary>Linear, GELU, dropout, linear, dropout.</summary>
    private sealed class FeedForward : Module<Tensor, Tensor>
    {
        private readonly Linear fc1;
        private readonly Linear fc2;
        private readonly TransUNetOptions options;
        private readonly DropoutKey dropout;
        private readonly int firstMask;

        public FeedForward(TransUNetOptions options, DropoutKey dropout, int firstMask) : base(nameof(FeedForward))
        {
            this.options = options;
            this.dropout = dropout;
            this.firstMask = firstMask;
            fc1 = Linear(options.Hidden, options.Mlp);
            fc2 = Linear(options.Mlp, options.Hidden);
            foreach (var layer in new[] { fc1, fc2 })
            {
                init.xavier_uniform_(layer.weight);
                init.normal_(layer.bias!, 0, 1e-6);
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var inner = Drop(functional.gelu(fc1.Apply(input, options.Precision)), firstMask);
            return Drop(fc2.Apply(inner, options.Precision), firstMask + 1).MoveToOuterDisposeScope();
        }

        private Tensor Drop(Tensor x, int mask) => training && options.Dropout > 0 ? dropout.Drop(x, options.Dropout, mask) : x;
    }
}
