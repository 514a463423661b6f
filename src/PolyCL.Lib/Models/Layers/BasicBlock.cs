using PolyCL.Core;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>ResNet's basic block: 3×3 convolution, batch norm, ReLU, 3×3 convolution, batch norm, plus the shortcut, ReLU.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H/stride, W/stride]. No convolution has a bias.</remarks>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Conv2d conv2;
    private readonly BatchNorm2d bn2;
    private readonly Projection? downsample;
    private readonly ComputePrecision precision;

    public BasicBlock(int inChannels, int outChannels, int stride, ComputePrecision precision) : base(nameof(BasicBlock))
    {
        this.precision = precision;
        conv1 = Conv2d(Check.Positive(inChannels), Check.Positive(outChannels), kernel_size: 3, stride: stride, padding: 1, bias: false);
        bn1 = BatchNorm2d(outChannels);
        conv2 = Conv2d(outChannels, outChannels, kernel_size: 3, padding: 1, bias: false);
        bn2 = BatchNorm2d(outChannels);
        downsample = stride == 1 && inChannels == outChannels ? null : new Projection(inChannels, outChannels, stride, precision);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var middle = functional.relu(bn1.Apply(conv1.Apply(input, precision)));
        var output = bn2.Apply(conv2.Apply(middle, precision)) + (downsample?.call(input) ?? input);
        return functional.relu(output).MoveToOuterDisposeScope();
    }

    /// <summary>The shortcut where size or width changes: 1×1 convolution and batch norm, called "0" and "1" in torchvision's weights.</summary>
    private sealed class Projection : Module<Tensor, Tensor>
    {
        [ComponentName(Name = "0")]
        private readonly Conv2d convolution;

        [ComponentName(Name = "1")]
        private readonly BatchNorm2d norm;

        private readonly ComputePrecision precision;

        public Projection(int inChannels, int outChannels, int stride, ComputePrecision precision) : base(nameof(Projection))
        {
            this.precision = precision;
            convolution = Conv2d(inChannels, outChannels, kernel_size: 1, stride: stride, bias: false);
            norm = BatchNorm2d(outChannels);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return norm.Apply(convolution.Apply(input, precision)).MoveToOuterDisposeScope();
        }
    }
}
