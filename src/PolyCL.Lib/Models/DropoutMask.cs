using System.Runtime.Intrinsics;
using PolyCL.Models.Fused;
using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>The counter-based dropout mask: element i is kept when a 32-bit hash of (key, i) is at or above the threshold.</summary>
/// <remarks>For maps i counts in [N, H, W, C] order, because that is how the fused kernels walk.</remarks>
internal static class DropoutMask
{
    internal const uint Gamma = 0x9E3779B9;
    internal const uint Factor1 = 0x7feb352d;
    internal const uint Factor2 = 0x846ca68b;

    /// <summary>The hash value below which an element is dropped.</summary>
    internal static uint Threshold(double probability) => (uint)Math.Min(probability * 4294967296.0, uint.MaxValue);

    /// <summary>True when element <paramref name="index"/> stays.</summary>
    internal static bool Keeps(ulong key, uint index, uint threshold) => Hash(key, index) >= threshold;

    internal static uint Hash(ulong key, uint index)
    {
        var x = unchecked((index * Gamma) + (uint)key);
        x = unchecked((x ^ (x >> 16)) * Factor1) ^ (uint)(key >> 32);
        x = unchecked((x ^ (x >> 15)) * Factor2);
        return x ^ (x >> 16);
    }

    /// <summary>The mask as a tensor of 0 and 1 / (1 − p), for the plain path.</summary>
    /// <returns>Maps [N, C, H, W] with strides of channels-last; any other shape row by row.</returns>
    internal static Tensor Create(long[] shape, double probability, ulong key, ScalarType type)
    {
        var threshold = Threshold(probability);
        var scale = (float)(1.0 / (1.0 - probability));
        var mask = new float[checked((int)shape.Aggregate(1L, (product, size) => product * size))];
        var dropping = new Dropping(key, probability);
        var i = 0;
        for (; i + 8 <= mask.Length; i += 8)
        {
            dropping.Factor(Vector256<float>.One, Vector256<float>.One, (uint)i).CopyTo(mask, i);
        }

        for (; i < mask.Length; i++)
        {
            mask[i] = Keeps(key, (uint)i, threshold) ? scale : 0f;
        }

        using var flat = tensor(mask);
        if (shape is not [var n, var c, var h, var w])
        {
            using var rows = flat.reshape(shape);
            return rows.to_type(type);
        }

        using var shaped = flat.reshape(n, h, w, c).to_type(type);
        return shaped.permute(0, 3, 1, 2);
    }
}
