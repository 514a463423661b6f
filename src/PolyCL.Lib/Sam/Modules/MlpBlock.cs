using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Two linear layers with an activation between them, under SAM's names.</summary>
/// <remarks>In and out: [.., width]. Keys: <c>lin1</c>, <c>lin2</c>.</remarks>
internal sealed class MlpBlock : Module<Tensor, Tensor>
{
    private readonly Linear lin1;
    private readonly Linear lin2;
    private readonly bool gelu;

    /// <param name="width">Width of input and output.</param>
    /// <param name="hidden">Width between the layers.</param>
    /// <param name="gelu">True for the exact GELU, false for ReLU.</param>
    public MlpBlock(int width, int hidden, bool gelu) : base(nameof(MlpBlock))
    {
        this.gelu = gelu;
        lin1 = Linear(width, hidden);
        lin2 = Linear(hidden, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var inner = lin1.call(input);
        return lin2.call(gelu ? functional.gelu(inner) : functional.relu(inner)).MoveToOuterDisposeScope();
    }
}
