using System.Text.Json.Serialization;
using PolyCL.Core;

namespace PolyCL.Models;

/// <summary>Which implementation computes norm, activation, dropout, pooling and up-sampling.</summary>
public enum UNetKernels
{
    /// <summary>
    /// Own vectorised kernels where they apply (a processor with AVX2, float32 parameters, widths divisible by 16), else torch's. They give the
    /// same bits on any number of threads, and leave out the biases before a norm, which change nothing: those get no gradient (null).
    /// </summary>
    Fused,

    /// <summary>Torch's operations throughout.</summary>
    Plain,
}

/// <summary>Size and behaviour of the U-Net family; the defaults are the authors' network.</summary>
public sealed record UNetOptions : NetworkOptions
{
    /// <summary>Channels of the five encoder stages, shallow to deep.</summary>
    public IReadOnlyList<int> Widths { get; init => field = CheckChannels(value, 5, nameof(Widths)); } = [16, 32, 64, 128, 256];

    /// <summary>Share of elements dropped at the end of each double block, in [0, 1).</summary>
    public double Dropout { get; init => field = Check.InRange(value, 0.0, 0.95); } = 0.25;

    /// <summary>Implementation of what stands between the convolutions.</summary>
    public UNetKernels Kernels { get; init; } = UNetKernels.Fused;

    /// <summary>Gives the encoder the authors' residual blocks, one reading of the paper's "U-Net with residual connections".</summary>
    public bool ResidualBlocks { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override BackboneKind Kind => ResidualBlocks ? BackboneKind.UNetResidual : BackboneKind.UNet;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Divisor => 16;

    internal override NetworkOptions Plain => this with { Kernels = UNetKernels.Plain, Precision = ComputePrecision.Full };

    /// <inheritdoc/>
    public override Encoder CreateEncoder() => new UNetEncoder(this);

    /// <inheritdoc/>
    public override Segmenter CreateSegmenter() => new UNet(this);
}
