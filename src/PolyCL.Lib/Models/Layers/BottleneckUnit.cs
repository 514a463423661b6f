using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>A unit of TransUNet's body: 1×1, 3×3 and 1×1 standardised convolutions with group norm, plus the shortcut, ReLU.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H/stride, W/stride]. The middle has a quarter of the output's channels.</remarks>
internal sealed class BottleneckUnit : Module<Tensor, Tensor>
{
    internal const int Groups = 32;
    internal const double Epsilon = 1e-6;

    private readonly GroupNorm gn1;
    private readonly StandardisedConv conv1;
    private readonly GroupNorm gn2;
    private readonly StandardisedConv conv2;
    private readonly GroupNorm gn3;
    private readonly StandardisedConv conv3;
    private readonly StandardisedConv? downsample;
    private readonly GroupNorm? gn_proj;

    public BottleneckUnit(int inChannels, int outChannels, int stride, ComputePrecision precision) : base(nameof(BottleneckUnit))
    {
        var middle = outChannels / 4;
        gn1 = NormLayers.Group(Groups, middle, Epsilon);
        conv1 = new StandardisedConv(inChannels, middle, 1, 1, precision);
        gn2 = NormLayers.Group(Groups, middle, Epsilon);
        conv2 = new StandardisedConv(middle, middle, 3, stride, precision);
        gn3 = NormLayers.Group(Groups, outChannels, Epsilon);
        conv3 = new StandardisedConv(middle, outChannels, 1, 1, precision);
        if (stride != 1 || inChannels != outChannels)
        {
            downsample = new StandardisedConv(inChannels, outChannels, 1, stride, precision);
            gn_proj = NormLayers.Group(outChannels, outChannels);
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var shortcut = downsample is null ? input : gn_proj!.call(downsample.call(input));
        var x = functional.relu(gn1.call(conv1.call(input)));
        x = functional.relu(gn2.call(conv2.call(x)));
        x = gn3.call(conv3.call(x));
        return functional.relu(shortcut + x).MoveToOuterDisposeScope();
    }
}
