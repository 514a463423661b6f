using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Losses;

/// <summary>Checks a loss's tensors before the first native call, whose errors would not name them, and widens half precision.</summary>
internal static class LossInput
{
    /// <summary>Throws unless the tensor is floating, [N, E] with N and E above 0.</summary>
    internal static void CheckEmbeddings(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 2 || tensor.numel() == 0)
        {
            throw new ArgumentException($"{name} is {Describe(tensor)}; embeddings must be [N, E] with at least one row.", name);
        }

        CheckFloating(tensor, name);
    }

    /// <summary>Throws unless the tensor has the shape, number format and device of the first one.</summary>
    internal static void CheckAlike(Tensor first, Tensor other, string firstName, string name)
    {
        CheckSameShape(first, other, firstName, name);
        if (other.dtype != first.dtype || other.device_type != first.device_type)
        {
            throw new ArgumentException(
                $"{name} is {other.dtype} on {other.device} and {firstName} {first.dtype} on {first.device}; give both the same number format and device.", name);
        }
    }

    /// <summary>Throws unless both tensors have the same shape: nothing is broadcast.</summary>
    internal static void CheckSameShape(Tensor first, Tensor other, string firstName, string name)
    {
        ArgumentNullException.ThrowIfNull(other, name);
        if (!first.shape.SequenceEqual(other.shape))
        {
            throw new ArgumentException($"{name} is {Describe(other)} and {firstName} {Describe(first)}; their shapes must be equal.", name);
        }
    }

    /// <summary>Throws unless the tensor holds floating-point numbers.</summary>
    internal static void CheckFloating(Tensor tensor, string name)
    {
        if (!tensor.is_floating_point())
        {
            throw new ArgumentException($"{name} is {tensor.dtype}; it must be floating point.", name);
        }
    }

    /// <summary>float32 for half and bfloat16, else the tensor as it is; gradients pass.</summary>
    internal static Tensor Widen(Tensor tensor) =>
        tensor.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? tensor.to_type(ScalarType.Float32) : tensor;

    /// <summary>Throws unless the temperature is finite and above 0.</summary>
    internal static double CheckTemperature(double temperature) => Check.Positive(temperature, nameof(temperature));

    private static string Describe(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
