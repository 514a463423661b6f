using PolyCL.Core;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The U-Net's double block: twice (3×3 convolution, instance norm, Leaky ReLU 0.2), then dropout.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H, W]. Weight names "0" and "3" as in the authors' checkpoint.</remarks>
public sealed class ConvBlock : Module<Tensor, Tensor>
{
    internal const double Slope = 0.2;
    internal const double Epsilon = 1e-5;

    [ComponentName(Name = "0")]
    private readonly Conv2d conv1;

    [ComponentName(Name = "3")]
    private readonly Conv2d conv2;

    private readonly UNetOptions options;
    private readonly DropoutKey dropout;
    private readonly int layer;

    /// <summary>Creates the block with torch's default initialisation.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="options">Dropout and kernels.</param>
    /// <param name="dropout">Source of the mask.</param>
    /// <param name="layer">Number of this block in its network; part of the mask's key.</param>
    public ConvBlock(int inChannels, int outChannels, UNetOptions options, DropoutKey dropout, int layer) : base(nameof(ConvBlock))
    {
        this.options = options;
        this.dropout = dropout;
        this.layer = layer;
        conv1 = Conv2d(Check.Positive(inChannels), Check.Positive(outChannels), kernel_size: 3, padding: 1);
        conv2 = Conv2d(outChannels, outChannels, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var middle = Activate(conv1.call(input));                        // [N, out, H, W]
        var output = DropOut(Activate(conv2.call(middle)));
        return output.MoveToOuterDisposeScope();
    }

    private static Tensor Activate(Tensor x) => functional.leaky_relu(functional.instance_norm(x, eps: Epsilon), Slope);

    private Tensor DropOut(Tensor x)
    {
        if (!training || options.Dropout == 0)
        {
            return x;
        }

        if (x.device.type != TorchSharp.DeviceType.CPU)
        {
            return functional.dropout(x, options.Dropout, training: true);
        }

        var shape = x.shape;
        return x * DropoutMask.Create(shape[0], shape[1], shape[2], shape[3], options.Dropout, dropout.OfLayer(layer), x.dtype);
    }
}
