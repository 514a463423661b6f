using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PolyCL.Models.Fused;

/// <summary>The innermost kernel of a weight's gradient: a few weights of 16 output channels over some rows; rows as in <see cref="ConvTile"/>.</summary>
internal static unsafe class WeightTile
{
    private const int Lanes = ConvTile.Lanes;

    /// <summary>Adds to six weights × 16 output channels what some rows contribute: Σ x[pixel·16 + i] · g[pixel].</summary>
    /// <param name="rows">The input rows under the kernel's row, one pointer per gradient row, from the left zero pixel on.</param>
    /// <param name="offset">Floats from a row's pointer to the first of the six values.</param>
    /// <param name="gradient">[count][width][16].</param>
    /// <param name="count">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="sums">[6][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Six(float** rows, nint offset, float* gradient, int count, int width, float* sums)
    {
        var a0 = Vector256.Load(sums);
        var a1 = Vector256.Load(sums + 8);
        var b0 = Vector256.Load(sums + 16);
        var b1 = Vector256.Load(sums + 24);
        var c0 = Vector256.Load(sums + 32);
        var c1 = Vector256.Load(sums + 40);
        var d0 = Vector256.Load(sums + 48);
        var d1 = Vector256.Load(sums + 56);
        var e0 = Vector256.Load(sums + 64);
        var e1 = Vector256.Load(sums + 72);
        var f0 = Vector256.Load(sums + 80);
        var f1 = Vector256.Load(sums + 88);
        for (nint row = 0; row < count; row++)
        {
            var x = rows[row] + offset;
            for (var end = gradient + ((nint)width * Lanes); gradient < end; gradient += Lanes, x += Lanes)
            {
                var g0 = Vector256.Load(gradient);
                var g1 = Vector256.Load(gradient + 8);
                var v = Avx.BroadcastScalarToVector256(x);
                a0 = Fma.MultiplyAdd(v, g0, a0);
                a1 = Fma.MultiplyAdd(v, g1, a1);
                v = Avx.BroadcastScalarToVector256(x + 1);
                b0 = Fma.MultiplyAdd(v, g0, b0);
                b1 = Fma.MultiplyAdd(v, g1, b1);
                v = Avx.BroadcastScalarToVector256(x + 2);
                c0 = Fma.MultiplyAdd(v, g0, c0);
                c1 = Fma.MultiplyAdd(v, g1, c1);
                v = Avx.BroadcastScalarToVector256(x + 3);
                d0 = Fma.MultiplyAdd(v, g0, d0);
                d1 = Fma.MultiplyAdd(v, g1, d1);
                v = Avx.BroadcastScalarToVector256(x + 4);
                e0 = Fma.MultiplyAdd(v, g0, e0);
                e1 = Fma.MultiplyAdd(v, g1, e1);
                v = Avx.BroadcastScalarToVector256(x + 5);
                f0 = Fma.MultiplyAdd(v, g0, f0);
                f1 = Fma.MultiplyAdd(v, g1, f1);
            }
        }

        a0.Store(sums);
        a1.Store(sums + 8);
        b0.Store(sums + 16);
        b1.Store(sums + 24);
        c0.Store(sums + 32);
        c1.Store(sums + 40);
        d0.Store(sums + 48);
        d1.Store(sums + 56);
        e0.Store(sums + 64);
        e1.Store(sums + 72);
        f0.Store(sums + 80);
        f1.Store(sums + 88);
    }

    /// <summary>The same for the three weights of a one-channel input.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Three(float** rows, float* gradient, int count, int width, float* sums)
    {
        var a0 = Vector256.Load(sums);
        var a1 = Vector256.Load(sums + 8);
        var b0 = Vector256.Load(sums + 16);
        var b1 = Vector256.Load(sums + 24);
        var c0 = Vector256.Load(sums + 32);
        var c1 = Vector256.Load(sums + 40);
        for (nint row = 0; row < count; row++)
        {
            var x = rows[row];
            for (var end = gradient + ((nint)width * Lanes); gradient < end; gradient += Lanes, x++)
            {
                var g0 = Vector256.Load(gradient);
                var g1 = Vector256.Load(gradient + 8);
                var v = Avx.BroadcastScalarToVector256(x);
                a0 = Fma.MultiplyAdd(v, g0, a0);
                a1 = Fma.MultiplyAdd(v, g1, a1);
                v = Avx.BroadcastScalarToVector256(x + 1);
                b0 = Fma.MultiplyAdd(v, g0, b0);
                b1 = Fma.MultiplyAdd(v, g1, b1);
                v = Avx.BroadcastScalarToVector256(x + 2);
                c0 = Fma.MultiplyAdd(v, g0, c0);
                c1 = Fma.MultiplyAdd(v, g1, c1);
            }
        }

        a0.Store(sums);
        a1.Store(sums + 8);
        b0.Store(sums + 16);
        b1.Store(sums + 24);
        c0.Store(sums + 32);
        c1.Store(sums + 40);
    }
}
