using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>One call of a double block: its settings, and what the kernels can say beforehand.</summary>
internal sealed record BlockCall
{
    /// <summary>Share of elements dropped; 0 drops nothing.</summary>
    internal double Dropout { get; init; }

    /// <summary>Key of the mask.</summary>
    internal ulong Key { get; init; }

    /// <summary>Whether the 2×2 max-pool of the output is wanted too.</summary>
    internal bool Pool { get; init; }

    /// <summary>Element type of the maps.</summary>
    internal ScalarType Type { get; init; }

    /// <summary>True when the fused kernels can compute the block; all else is left to torch, which throws where the shapes disagree.</summary>
    internal static bool Fits(Tensor input, Tensor? skip, Tensor weight1, Tensor weight2)
    {
        if (!Stored.IsSupported || !TensorPool.IsSupported || !IsMap(input) || (skip is not null && !IsMap(skip)))
        {
            return false;
        }

        var shape = input.shape;
        var outChannels = weight2.shape[0];
        if (!IsKernel(weight1, outChannels, shape[1] + (skip?.shape[1] ?? 0)) || !IsKernel(weight2, outChannels, outChannels))
        {
            return false;
        }

        var grey = skip is null && shape[1] == 1 && input.dtype == ScalarType.Float32 && !input.requires_grad;
        var fits = outChannels % ConvTile.Lanes == 0 && (grey || shape[1] % ConvTile.Lanes == 0);
        if (skip is null)
        {
            return fits && shape[2] % 2 == 0 && shape[3] % 2 == 0;
        }

        var wide = skip.shape;
        return fits && wide[1] % ConvTile.Lanes == 0 && wide[0] == shape[0] && wide[2] == 2 * shape[2] && wide[3] == 2 * shape[3];
    }

    private static bool IsKernel(Tensor weight, long outChannels, long inChannels)
        => weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32 && weight.shape.AsSpan().SequenceEqual([outChannels, inChannels, 3, 3]);

    private static bool IsMap(Tensor tensor)
        => tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16 && tensor.dim() == 4 && tensor.numel() > 0;
}
