using PolyCL.Arithmetic;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>A convolution without bias whose weight is brought to mean 0 and variance 1 per output channel before use.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H/stride, W/stride]; padding keeps the size at stride 1.</remarks>
internal sealed class StandardisedConv : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;
    private readonly Parameter weight;
    private readonly long stride;
    private readonly long padding;
    private readonly ComputePrecision precision;

    public StandardisedConv(int inChannels, int outChannels, int kernel, int stride, ComputePrecision precision) : base(nameof(StandardisedConv))
    {
        this.stride = stride;
        this.precision = precision;
        padding = kernel / 2;
        weight = new Parameter(empty(outChannels, inChannels, kernel, kernel));
        init.kaiming_uniform_(weight, Math.Sqrt(5));                     // torch's default for convolutions
        weight.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The weight as stored.</summary>
    public Parameter Weight => weight;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long[] all = [1, 2, 3];
        var centred = weight - weight.mean(all, keepdim: true);
        var unit = centred / (centred.square().mean(all, keepdim: true) + Epsilon).sqrt();
        var output = precision == ComputePrecision.Full
            ? Convolve(input, unit)
            : LayerCalls.Widen(Convolve(LayerCalls.Narrow(input), LayerCalls.Narrow(unit)));
        return output.MoveToOuterDisposeScope();
    }

    private Tensor Convolve(Tensor input, Tensor unit) =>
        CheckedConvolution.Forward(MachineArithmetic.Route, input, unit, null, [stride, stride], [padding, padding]);
}
