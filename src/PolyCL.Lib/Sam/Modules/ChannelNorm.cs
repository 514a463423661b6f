using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Layer norm over the channels of each pixel, biased variance, epsilon 1e-6: SAM's LayerNorm2d.</summary>
/// <remarks>In and out: [N, C, H, W]; the result's memory has the channels innermost.</remarks>
internal sealed class ChannelNorm : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-6;
    private readonly Parameter weight;
    private readonly Parameter bias;

    public ChannelNorm(int channels) : base(nameof(ChannelNorm))
    {
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        weight.DetachFromDisposeScope();
        bias.DetachFromDisposeScope();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var normed = functional.layer_norm(input.permute(0, 2, 3, 1), [input.shape[1]], weight, bias, Epsilon);
        return normed.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
