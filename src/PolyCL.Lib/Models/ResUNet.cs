using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>ResU-Net: a ResNet-18 encoder, the U-Net's decoder, one logit per pixel.</summary>
/// <remarks>In: float [N, 1, H, W], H and W divisible by 32. Out: logits [N, 1, H, W]. Source: paper §4.2, authors' code.</remarks>
public sealed class ResUNet : Segmenter
{
    private readonly ResUNetEncoder encoder;
    private readonly UNetDecoder decoder;

    /// <summary>Creates the network with its own initialisation; seed the global generator just before.</summary>
    public ResUNet(ResUNetOptions? options = null) : base(nameof(ResUNet))
    {
        Options = options ?? new ResUNetOptions();
        encoder = new ResUNetEncoder(Options);
        decoder = new UNetDecoder(Options.Decoder, encoder.Dropout, Options.LastWidth);
        RegisterComponents();
    }

    /// <summary>The settings the network was made with.</summary>
    public ResUNetOptions Options { get; }

    /// <inheritdoc/>
    public override Encoder Features => encoder;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] with H and W divisible by 32.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var half = decoder.call(encoder.call(input));                    // [N, 1, H/2, W/2]
        // The authors double the features and then apply the 1×1 convolution; both are linear, so the order does not matter.
        return nn.functional.interpolate(half, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: true).MoveToOuterDisposeScope();
    }
}
