using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PolyCL.Models.Fused;

/// <summary>Loads and stores eight values of a stored element type: <see cref="float"/>, or <see cref="ushort"/> holding bfloat16.</summary>
internal static unsafe class Stored
{
    /// <summary>True when the processor has what the kernels are written for; the plain path serves the others.</summary>
    internal static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Load<T>(T* source)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            return Vector256.Load((float*)source);
        }

        return Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32((ushort*)source), 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<T>(Vector256<float> value, T* destination)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            value.Store((float*)destination);
            return;
        }

        var high = Avx2.ShiftRightLogical(Nearest(value), 16).AsInt32();
        Sse41.PackUnsignedSaturate(high.GetLower(), high.GetUpper()).Store((ushort*)destination);
    }

    /// <summary>The value that a store and a load would give.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Round<T>(Vector256<float> value)
        where T : unmanaged
        => typeof(T) == typeof(float) ? value : (Nearest(value) & Vector256.Create(0xFFFF0000)).AsSingle();

    /// <summary>The scalar form of <see cref="Round{T}(Vector256{float})"/>.</summary>
    internal static float Round<T>(float value)
        where T : unmanaged
        => Round<T>(Vector256.CreateScalar(value)).ToScalar();

    // Round to nearest, ties to even; a NaN stays one (its upper half must not become that of infinity).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Nearest(Vector256<float> value)
    {
        var bits = value.AsUInt32();
        var odd = (bits >>> 16) & Vector256.Create(1u);
        var rounded = bits + odd + Vector256.Create(0x7FFFu);
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, Vector256.Create(0x7FC00000u));
    }
}
