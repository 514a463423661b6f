using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>nnU-Net's plain 2-D network with deep supervision, as one logit per pixel: the organ's less the background's.</summary>
/// <remarks>
/// In: float [N, 1, H, W], H and W divisible by 2 to the number of halvings. Out: logits [N, 1, H, W]; their sigmoid is the softmax's organ share,
/// and above 0 the organ is the larger class. Source: nnU-Net (Apache-2.0).
/// </remarks>
public sealed class NnUNet : Segmenter
{
    private readonly NnUNetEncoder encoder;
    private readonly NnUNetDecoder decoder;

    /// <summary>Creates the network with nnU-Net's Kaiming-normal initialisation; seed the global generator just before.</summary>
    public NnUNet(NnUNetOptions? options = null) : base(nameof(NnUNet))
    {
        Options = options ?? new NnUNetOptions();
        encoder = new NnUNetEncoder(Options);
        decoder = new NnUNetDecoder(Options);
        RegisterComponents();
    }

    /// <summary>The settings the network was made with.</summary>
    public NnUNetOptions Options { get; }

    /// <inheritdoc/>
    public override Encoder Features => encoder;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] of a size that halves evenly.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var logits = decoder.Finest(encoder.call(input));                // [N, 2, H, W]
        return (logits.narrow(1, 1, 1) - logits.narrow(1, 0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of background and organ at every stage of the decoder.</summary>
    /// <returns>[N, 2, H, W], [N, 2, H/2, W/2] and so on.</returns>
    public override Tensor[] Outputs(Tensor input)
    {
        using var scope = NewDisposeScope();
        var outputs = decoder.call(encoder.call(input));
        foreach (var output in outputs)
        {
            output.MoveToOuterDisposeScope();
        }

        return outputs;
    }
}
