using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>Transformer layers and the last norm.</summary>
/// <remarks>In and out: [N, T, C].</remarks>
internal sealed class TransformerStack : Module<Tensor, Tensor>
{
    private readonly ModuleList<TransformerLayer> layer;
    private readonly LayerNorm encoder_norm;

    public TransformerStack(TransUNetOptions options, DropoutKey dropout) : base(nameof(TransformerStack))
    {
        layer = ModuleList([.. Enumerable.Range(0, options.Layers).Select(number => new TransformerLayer(options, dropout, number))]);
        encoder_norm = LayerNorm(options.Hidden, TransformerLayer.Epsilon);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return encoder_norm.call(layer.Aggregate(input, (tokens, next) => next.call(tokens))).MoveToOuterDisposeScope();
    }
}
