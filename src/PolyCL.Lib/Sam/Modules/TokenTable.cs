using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Learned tokens. Key: <c>weight</c> [count, C].</summary>
internal sealed class TokenTable : Module
{
    private readonly Parameter weight;

    public TokenTable(int count, int width) : base(nameof(TokenTable))
    {
        weight = new Parameter(zeros(count, width));
        weight.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The tokens [count, C]; they stay this object's.</summary>
    internal Tensor Values => weight;
}
