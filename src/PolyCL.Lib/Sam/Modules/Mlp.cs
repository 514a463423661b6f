using PolyCL.Core;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Linear layers with an activation between them, none after the last.</summary>
/// <remarks>In: [.., inputs]. Out: [.., outputs]. Keys: <c>layers.0</c>, <c>layers.1</c>, …</remarks>
internal sealed class Mlp : Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> layers;
    private readonly bool gelu;

    /// <param name="inputs">Width of the input.</param>
    /// <param name="hidden">Width between layers.</param>
    /// <param name="outputs">Width of the output.</param>
    /// <param name="depth">Number of linear layers.</param>
    /// <param name="gelu">True for the exact GELU, false for ReLU.</param>
    public Mlp(int inputs, int hidden, int outputs, int depth, bool gelu = false) : base(nameof(Mlp))
    {
        Check.Positive(depth);
        this.gelu = gelu;
        layers = ModuleList([.. Enumerable.Range(0, depth).Select(i => Linear(i == 0 ? inputs : hidden, i == depth - 1 ? outputs : hidden))]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = layers[0].call(input);
        for (var i = 1; i < layers.Count; i++)
        {
            x = layers[i].call(gelu ? functional.gelu(x) : functional.relu(x));
        }

        return x.MoveToOuterDisposeScope();
    }
}
