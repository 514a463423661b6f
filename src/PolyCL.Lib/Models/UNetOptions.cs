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

/// <summary>Number format of activations and convolution weights; the parameters themselves stay as they are.</summary>
public enum ComputePrecision
{
    /// <summary>The format of the parameters.</summary>
    Full,

    /// <summary>
    /// bfloat16 activations and weights at each convolution, statistics in float32, gradients on the parameters. With fused kernels the
    /// feature maps between the blocks are bfloat16 too; logits and embeddings are float32.
    /// </summary>
    BFloat16,
}

/// <summary>Size and behaviour of the U-Net family; the defaults are the authors' network.</summary>
public sealed record UNetOptions
{
    /// <summary>Channels of the five encoder stages, shallow to deep.</summary>
    public IReadOnlyList<int> Widths { get; init => field = CheckWidths(value); } = [16, 32, 64, 128, 256];

    /// <summary>Share of elements dropped at the end of each double block, in [0, 1).</summary>
    public double Dropout { get; init => field = Check.InRange(value, 0.0, 0.95); } = 0.25;

    /// <summary>Implementation of what stands between the convolutions.</summary>
    public UNetKernels Kernels { get; init; } = UNetKernels.Fused;

    /// <summary>Number format of the computation.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Full;

    private static IReadOnlyList<int> CheckWidths(IReadOnlyList<int> widths)
    {
        ArgumentNullException.ThrowIfNull(widths);
        if (widths.Count != 5 || widths.Any(width => width < 1))
        {
            throw new ArgumentException($"Widths are [{string.Join(", ", widths)}]; give five numbers above 0.", nameof(widths));
        }

        return widths;
    }
}
