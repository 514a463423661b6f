using PolyCL.Core;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The authors' residual block: convolution, instance norm, Leaky ReLU, convolution, instance norm, plus a 1×1 shortcut, Leaky ReLU, dropout.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H, W]. Weight names as in the authors' code.</remarks>
public sealed class ResidualBlock : StageBlock
{
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Conv2d downsample;
    private readonly UNetOptions options;
    private readonly DropoutKey dropout;
    private readonly int layer;

    /// <summary>Creates the block with torch's default initialisation.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="options">Dropout and precision; torch's operations compute it whatever the kernels.</param>
    /// <param name="dropout">Source of the mask.</param>
    /// <param name="layer">Number of this block in its network; part of the mask's key.</param>
    public ResidualBlock(int inChannels, int outChannels, UNetOptions options, DropoutKey dropout, int layer) : base(nameof(ResidualBlock))
    {
        this.options = options;
        this.dropout = dropout;
        this.layer = layer;
        conv1 = Conv2d(Check.Positive(inChannels), Check.Positive(outChannels), kernel_size: 3, padding: 1);
        conv2 = Conv2d(outChannels, outChannels, kernel_size: 3, padding: 1);
        downsample = Conv2d(inChannels, outChannels, kernel_size: 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Compute(input).MoveToOuterDisposeScope();
    }

    internal override (Tensor Output, Tensor Pooled) WithPool(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = Compute(input);
        return (output.MoveToOuterDisposeScope(), functional.max_pool2d(output, 2, 2).MoveToOuterDisposeScope());
    }

    private Tensor Compute(Tensor input)
    {
        var middle = ConvBlock.Activate(ConvBlock.Normalise(conv1.Apply(input, options.Precision)));   // [N, out, H, W]
        var sum = ConvBlock.Normalise(conv2.Apply(middle, options.Precision)) + downsample.Apply(input, options.Precision);
        var output = ConvBlock.Activate(sum);
        return training && options.Dropout > 0 ? dropout.Drop(output, options.Dropout, layer) : output;
    }
}
