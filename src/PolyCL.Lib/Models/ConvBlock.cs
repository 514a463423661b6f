using PolyCL.Core;
using PolyCL.Models.Fused;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The U-Net's double block: twice (3×3 convolution, instance norm, Leaky ReLU 0.2), then dropout.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H, W]. Weight names "0" and "3" as in the authors' checkpoint.</remarks>
public sealed class ConvBlock : StageBlock
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
    public override Tensor forward(Tensor input) => Compute(input, null, pool: false).Output;

    internal override (Tensor Output, Tensor Pooled) WithPool(Tensor input)
    {
        var (output, pooled) = Compute(input, null, pool: true);
        return (output, pooled!);
    }

    /// <summary>The block over a deep map, doubled bilinearly, and the skip map behind it.</summary>
    internal Tensor Joined(Tensor deep, Tensor skip) => Compute(deep, skip, pool: false).Output;

    private (Tensor Output, Tensor? Pooled) Compute(Tensor input, Tensor? skip, bool pool)
    {
        using var scope = NewDisposeScope();
        var (output, pooled) = options.Kernels == UNetKernels.Fused && BlockCall.Fits(input, skip, conv1.weight, conv2.weight)
            ? Fused(input, skip, pool)
            : Plain(input, skip, pool);
        return (output.MoveToOuterDisposeScope(), pooled?.MoveToOuterDisposeScope());
    }

    // The biases stand before a norm that takes every constant away: they change no output and their gradient is 0, so neither is computed.
    private (Tensor Output, Tensor? Pooled) Fused(Tensor input, Tensor? skip, bool pool)
    {
        var type = options.Precision == ComputePrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var drops = training && options.Dropout > 0;
        var call = new BlockCall { Type = type, Pool = pool, Dropout = drops ? options.Dropout : 0, Key = drops ? dropout.OfLayer(layer) : 0 };
        return BlockFunction.Call(call, input.shape[1] == 1 ? input : input.to_type(type), skip?.to_type(type), conv1.weight, conv2.weight);
    }

    private (Tensor Output, Tensor? Pooled) Plain(Tensor input, Tensor? skip, bool pool)
    {
        if (skip is not null)
        {
            var doubled = functional.interpolate(input, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: true);
            input = cat([doubled, skip], 1);
        }

        var middle = Activate(Normalise(conv1.Apply(input, options.Precision)));                   // [N, out, H, W]
        var output = Activate(Normalise(conv2.Apply(middle, options.Precision)));
        if (training && options.Dropout > 0)
        {
            output = dropout.Drop(output, options.Dropout, layer);
        }

        return (output, pool ? functional.max_pool2d(output, 2, 2) : null);
    }

    internal static Tensor Normalise(Tensor x) => functional.instance_norm(x, eps: Epsilon);

    internal static Tensor Activate(Tensor x) => x.leaky_relu(Slope);
}
