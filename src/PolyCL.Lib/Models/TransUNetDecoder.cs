using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>TransUNet's decoder: four times bilinear doubling, a skip map for the first three, two convolutions.</summary>
/// <remarks>In: the encoder's four maps. Out: [N, 16, S, S]. The up-sampled map comes first in the concatenation.</remarks>
public sealed class TransUNetDecoder : Module<IReadOnlyList<Tensor>, Tensor>
{
    private readonly ConvBatchRelu conv_more;
    private readonly ModuleList<Step> blocks;

    /// <summary>Creates the decoder with torch's default initialisation.</summary>
    public TransUNetDecoder(TransUNetOptions options) : base(nameof(TransUNetDecoder))
    {
        ArgumentNullException.ThrowIfNull(options);
        var (w, widths) = (options.StemWidth, options.DecoderWidths);
        conv_more = new ConvBatchRelu(options.Hidden, options.HeadWidth, options.Precision);
        blocks = ModuleList(
            new Step(options.HeadWidth + (8 * w), widths[0], options.Precision),
            new Step(widths[0] + (4 * w), widths[1], options.Precision),
            new Step(widths[1] + w, widths[2], options.Precision),
            new Step(widths[2], widths[3], options.Precision));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        var x = conv_more.call(features[3]);                             // [N, H, S/16, S/16]
        for (var i = 0; i < blocks.Count; i++)
        {
            var doubled = functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: true);
            x = blocks[i].call(i < 3 ? cat([doubled, features[2 - i]], 1) : doubled);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Two convolutions with batch norm and ReLU.</summary>
    private sealed class Step : Module<Tensor, Tensor>
    {
        private readonly ConvBatchRelu conv1;
        private readonly ConvBatchRelu conv2;

        public Step(int inChannels, int outChannels, ComputePrecision precision) : base(nameof(Step))
        {
            conv1 = new ConvBatchRelu(inChannels, outChannels, precision);
            conv2 = new ConvBatchRelu(outChannels, outChannels, precision);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return conv2.call(conv1.call(input)).MoveToOuterDisposeScope();
        }
    }
}
