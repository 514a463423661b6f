using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>The paper's U-Net: encoder, skip connections, decoder, one logit per pixel.</summary>
/// <remarks>In: float [N, 1, H, W], H and W divisible by 16, at least 32. Out: logits [N, 1, H, W]. Source: paper §4.2, authors' code.</remarks>
public sealed class UNet : Segmenter
{
    private readonly UNetEncoder encoder;
    private readonly UNetDecoder decoder;

    /// <summary>Creates the network with torch's default initialisation; seed the global generator just before.</summary>
    public UNet(UNetOptions? options = null) : base(nameof(UNet))
    {
        Options = options ?? new UNetOptions();
        encoder = new UNetEncoder(Options);
        decoder = new UNetDecoder(Options, encoder.Dropout);
        RegisterComponents();
    }

    /// <summary>The settings the network was made with.</summary>
    public UNetOptions Options { get; }

    /// <inheritdoc/>
    public override Encoder Features => encoder;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] with H and W divisible by 16 and at least 32.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var features = encoder.call(input);
        return decoder.call(features).MoveToOuterDisposeScope();
    }
}
