using System.Text.Json.Serialization;
using PolyCL.Models.Weights;

namespace PolyCL.Models;

/// <summary>Size and behaviour of the ResU-Net family: a ResNet-18 encoder and the U-Net's decoder. The defaults are the authors' network.</summary>
public sealed record ResUNetOptions : NetworkOptions
{
    /// <summary>Channels of the stem and of the four residual stages; a stem of 64 takes all of ImageNet's weights.</summary>
    public IReadOnlyList<int> Widths { get; init => field = CheckChannels(value, 5, nameof(Widths)); } = [32, 64, 128, 256, 512];

    /// <summary>Channels of the decoder's last block.</summary>
    public int LastWidth { get; init => field = Core.Check.Positive(value, nameof(LastWidth)); } = 32;

    /// <summary>Share of elements dropped at the end of each double block of the decoder, in [0, 1).</summary>
    public double Dropout { get; init => field = Core.Check.InRange(value, 0.0, 0.95, nameof(Dropout)); } = 0.25;

    /// <summary>True bounds the embedding by a sigmoid, as the authors' class does; false is the paper's plain linear head.</summary>
    public bool SigmoidEmbedding { get; init; }

    /// <summary>Implementation of the decoder's blocks.</summary>
    public UNetKernels Kernels { get; init; } = UNetKernels.Fused;

    /// <summary>Weights that the encoder starts from, or null for random ones.</summary>
    public ImageNetWeights? ImageNet { get; init; }

    /// <summary>The same network with an encoder that starts from ImageNet weights.</summary>
    public ResUNetOptions StartingFrom(ImageNetWeights weights) => this with { ImageNet = weights };

    /// <inheritdoc/>
    [JsonIgnore]
    public override BackboneKind Kind => ImageNet is null ? BackboneKind.ResUNet : BackboneKind.PtResUNet;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Divisor => 32;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int MinimumSize => Divisor;

    /// <summary>The U-Net whose decoder this network has.</summary>
    internal UNetOptions Decoder => new() { Widths = Widths, Dropout = Dropout, Kernels = Kernels, Precision = Precision };

    internal override NetworkOptions Plain => this with { Kernels = UNetKernels.Plain, Precision = ComputePrecision.Full };

    /// <inheritdoc/>
    public override Encoder CreateEncoder() => new ResUNetEncoder(this);

    /// <inheritdoc/>
    public override Segmenter CreateSegmenter() => new ResUNet(this);

    /// <inheritdoc/>
    public override WeightReport? LoadInitialWeights(Encoder encoder) => ImageNet?.Fill(encoder);
}
