using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary><see cref="DropoutMask"/> for eight elements at a time; the default drops nothing.</summary>
internal readonly struct Dropping
{
    private readonly uint keyLow;
    private readonly uint keyHigh;
    private readonly uint threshold;

    internal Dropping(ulong key, double probability)
    {
        keyLow = (uint)key;
        keyHigh = (uint)(key >> 32);
        threshold = DropoutMask.Threshold(probability);
        Scale = (float)(1.0 / (1.0 - probability));
    }

    /// <summary>What kept elements are multiplied by; 0 stands for 1 in the default.</summary>
    private float Scale { get; }

    /// <summary>The derivative of Leaky ReLU and dropout at <paramref name="normal"/>; times it, the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector256<float> Factor(Vector256<float> normal, Vector256<float> slope, uint index)
    {
        var factor = Vector256.ConditionalSelect(Vector256.GreaterThan(normal, Vector256<float>.Zero), Vector256<float>.One, slope);
        if (threshold == 0)
        {
            return factor;
        }

        var hash = ((Vector256.Create(index) + Vector256<uint>.Indices) * Vector256.Create(DropoutMask.Gamma)) + Vector256.Create(keyLow);
        hash = ((hash ^ (hash >>> 16)) * Vector256.Create(DropoutMask.Factor1)) ^ Vector256.Create(keyHigh);
        hash = (hash ^ (hash >>> 15)) * Vector256.Create(DropoutMask.Factor2);
        hash ^= hash >>> 16;
        var keeps = Vector256.GreaterThanOrEqual(hash, Vector256.Create(threshold)).AsSingle();
        return factor * (Vector256.Create(Scale) & keeps);
    }
}
