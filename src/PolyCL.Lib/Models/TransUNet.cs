using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>TransUNet: a convolutional body, a transformer, a decoder with skips, one logit per pixel.</summary>
/// <remarks>In: float [N, 1, S, S], S the size it was built for. Out: logits [N, 1, S, S]. Source: TransUNet (Apache-2.0), one class.</remarks>
public sealed class TransUNet : Segmenter
{
    private readonly TransUNetEncoder transformer;
    private readonly TransUNetDecoder decoder;
    private readonly ModuleList<Conv2d> segmentation_head;

    /// <summary>Creates the network with its own initialisation; seed the global generator just before.</summary>
    /// <exception cref="ArgumentException">Heads do not divide the length of a token.</exception>
    public TransUNet(TransUNetOptions? options = null) : base(nameof(TransUNet))
    {
        Options = options ?? new TransUNetOptions();
        transformer = new TransUNetEncoder(Options);
        decoder = new TransUNetDecoder(Options);
        segmentation_head = ModuleList(Conv2d(Options.DecoderWidths[^1], 1, kernel_size: 3, padding: 1));
        RegisterComponents();
    }

    /// <summary>The settings the network was made with.</summary>
    public TransUNetOptions Options { get; }

    /// <inheritdoc/>
    public override Encoder Features => transformer;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, S, S] of the size this network was built for.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var features = decoder.call(transformer.call(input));            // [N, 16, S, S]
        return segmentation_head[0].Apply(features, Options.Precision).MoveToOuterDisposeScope();
    }
}
