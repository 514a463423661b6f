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

    /// <summary>True when the fused kernels can compute the block; all else is left to torch.</summary>
    internal static bool Fits(Tensor input, Tensor? skip, Tensor weight1, Tensor weight2)
    {
        if (!Stored.IsSupported || !TensorPool.IsSupported || !IsMap(input) || (skip is not null && !IsMap(skip)))
        {
            return false;
        }

        if (weight1.dtype != ScalarType.Float32 || weight2.dtype != ScalarType.Float32 || weight1.device_type != DeviceType.CPU)
        {
            return false;
        }

        var shape = input.shape;
        var grey = skip is null && shape[1] == 1 && input.dtype == ScalarType.Float32 && !input.requires_grad;
        var fits = weight2.shape[0] % ConvTile.Lanes == 0 && (grey || shape[1] % ConvTile.Lanes == 0);
        if (skip is null)
        {
            return fits && shape[2] % 2 == 0 && shape[3] % 2 == 0;
        }

        var wide = skip.shape;
        return fits && wide[1] % ConvTile.Lanes == 0 && wide[0] == shape[0] && wide[2] == 2 * shape[2] && wide[3] == 2 * shape[3];
    }

    private static bool IsMap(Tensor tensor)
        => tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16 && tensor.dim() == 4 && tensor.numel() > 0;
}
