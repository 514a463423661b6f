using PolyCL.Models.Fused;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The expanding half of the U-Net: bilinear doubling, concatenation with the skip features, double block; four times.</summary>
/// <remarks>In: the encoder's five feature maps. Out: logits of the first map's size. The up-sampled map comes first in the concatenation.</remarks>
public sealed class UNetDecoder : Module<IReadOnlyList<Tensor>, Tensor>
{
    private readonly ConvBlock dconv_up4;
    private readonly ConvBlock dconv_up3;
    private readonly ConvBlock dconv_up2;
    private readonly ConvBlock dconv_up1;
    private readonly Conv2d conv_last;
    private readonly UNetOptions options;

    /// <summary>Creates the decoder with torch's default initialisation.</summary>
    /// <param name="options">Widths, dropout and kernels; the encoder's.</param>
    /// <param name="dropout">The encoder's source of masks, so that one key fixes the whole network.</param>
    /// <param name="lastWidth">Channels of the last block, or null for the first width.</param>
    public UNetDecoder(UNetOptions options, DropoutKey dropout, int? lastWidth = null) : base(nameof(UNetDecoder))
    {
        this.options = options;
        var w = options.Widths;
        dconv_up4 = new ConvBlock(w[4] + w[3], w[3], options, dropout, 6);
        dconv_up3 = new ConvBlock(w[3] + w[2], w[2], options, dropout, 7);
        dconv_up2 = new ConvBlock(w[2] + w[1], w[1], options, dropout, 8);
        var last = lastWidth ?? w[0];
        dconv_up1 = new ConvBlock(w[1] + w[0], last, options, dropout, 9);
        conv_last = Conv2d(last, 1, kernel_size: 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        var x = dconv_up4.Joined(features[4], features[3]);              // [N, 128, H/8, W/8]
        x = dconv_up3.Joined(x, features[2]);
        x = dconv_up2.Joined(x, features[1]);
        x = dconv_up1.Joined(x, features[0]);                            // [N, 16, H, W]
        var logits = options.Kernels == UNetKernels.Fused && HeadFunction.Fits(x, conv_last.weight)
            ? HeadFunction.Call(x, conv_last.weight, conv_last.bias!)
            : conv_last.Apply(x);
        return logits.MoveToOuterDisposeScope();
    }
}
