using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>A 3×3 convolution without bias, batch norm, ReLU.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H, W]. Weight names "0" and "1".</remarks>
internal sealed class ConvBatchRelu : Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly Conv2d convolution;

    [ComponentName(Name = "1")]
    private readonly BatchNorm2d norm;

    private readonly ComputePrecision precision;

    public ConvBatchRelu(int inChannels, int outChannels, ComputePrecision precision) : base(nameof(ConvBatchRelu))
    {
        this.precision = precision;
        convolution = Conv2d(inChannels, outChannels, kernel_size: 3, padding: 1, bias: false);
        norm = BatchNorm2d(outChannels);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return functional.relu(norm.Apply(convolution.Apply(input, precision))).MoveToOuterDisposeScope();
    }
}
