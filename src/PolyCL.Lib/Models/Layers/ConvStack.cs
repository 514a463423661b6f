using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>nnU-Net's stage: twice (3×3 convolution, affine instance norm, Leaky ReLU 0.01); the first convolution may halve the map.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H/stride, W/stride].</remarks>
internal sealed class ConvStack : Module<Tensor, Tensor>
{
    internal const double Slope = 0.01;

    private readonly ModuleList<Layer> convs;

    public ConvStack(int inChannels, int outChannels, int stride, ComputePrecision precision) : base(nameof(ConvStack))
    {
        convs = ModuleList(new Layer(inChannels, outChannels, stride, precision), new Layer(outChannels, outChannels, 1, precision));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return convs[1].call(convs[0].call(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Kaiming-normal weights for Leaky ReLU and biases of 0, as nnU-Net starts.</summary>
    internal static void Initialise(Parameter weight, Parameter bias)
    {
        init.kaiming_normal_(weight, Slope);
        init.zeros_(bias);
    }

    private sealed class Layer : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv;
        private readonly InstanceNorm2d norm;
        private readonly ComputePrecision precision;

        public Layer(int inChannels, int outChannels, int stride, ComputePrecision precision) : base(nameof(Layer))
        {
            this.precision = precision;
            conv = Conv2d(inChannels, outChannels, kernel_size: 3, stride: stride, padding: 1);
            norm = NormLayers.Instance(outChannels);
            Initialise(conv.weight, conv.bias!);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return norm.call(conv.Apply(input, precision)).leaky_relu(Slope).MoveToOuterDisposeScope();
        }
    }
}
