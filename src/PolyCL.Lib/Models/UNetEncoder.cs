using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The contracting half of the U-Net: five double blocks with max-pooling between them.</summary>
/// <remarks>
/// In: float [N, 1, H, W], H and W divisible by 16. Out: five feature maps, [N, 16, H, W] … [N, 256, H/16, W/16].
/// Source: authors' code; the class head <c>fc</c> is kept for the checkpoint's sake.
/// </remarks>
public sealed class UNetEncoder : Encoder
{
    private readonly StageBlock dconv_down1;
    private readonly StageBlock dconv_down2;
    private readonly StageBlock dconv_down3;
    private readonly StageBlock dconv_down4;
    private readonly StageBlock dconv_down5;
    private readonly Linear fc;
    private readonly UNetOptions options;

    /// <summary>Creates the encoder with torch's default initialisation; seed the global generator just before.</summary>
    public UNetEncoder(UNetOptions? options = null) : base(nameof(UNetEncoder))
    {
        this.options = options ?? new UNetOptions();
        var w = this.options.Widths;
        dconv_down1 = Block(1, w[0], 1);
        dconv_down2 = Block(w[0], w[1], 2);
        dconv_down3 = Block(w[1], w[2], 3);
        dconv_down4 = Block(w[2], w[3], 4);
        dconv_down5 = Block(w[3], w[4], 5);
        fc = Linear(w[4], 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Channels => options.Widths;

    internal override IReadOnlyList<string> OwnHeads => [nameof(fc)];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] with H and W divisible by 16 and at least 32.</exception>
    public override Tensor[] forward(Tensor input)
    {
        ImageInput.Check(input, options);
        Dropout.NextPass();
        using var scope = NewDisposeScope();
        var (c1, half) = dconv_down1.WithPool(input);                    // [N, 16, H, W], [N, 16, H/2, W/2]
        (var c2, half) = dconv_down2.WithPool(half);
        (var c3, half) = dconv_down3.WithPool(half);
        (var c4, half) = dconv_down4.WithPool(half);
        var c5 = dconv_down5.call(half);                                 // [N, 256, H/16, W/16]
        return Given(c1, c2, c3, c4, c5);
    }

    /// <summary>Max-pools the deepest features by two and averages what is left.</summary>
    /// <returns>[N, 256].</returns>
    public override Tensor Pool(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        var deepest = features[^1].dtype == ScalarType.BFloat16 ? features[^1].to_type(ScalarType.Float32) : features[^1];
        return functional.max_pool2d(deepest, 2, 2).mean([2, 3]).MoveToOuterDisposeScope();
    }

    /// <summary>The authors' slice-class output, sigmoid of a linear unit on the pooled features; no loss uses it.</summary>
    /// <returns>[N, 1], in (0, 1).</returns>
    public Tensor ClassOutput(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        return sigmoid(fc.call(Pool(features))).MoveToOuterDisposeScope();
    }

    private StageBlock Block(int inChannels, int outChannels, int layer) => options.ResidualBlocks
        ? new ResidualBlock(inChannels, outChannels, options, Dropout, layer)
        : new ConvBlock(inChannels, outChannels, options, Dropout, layer);
}
