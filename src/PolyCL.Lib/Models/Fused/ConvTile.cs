using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PolyCL.Models.Fused;

/// <summary>The innermost kernel of a 3×3 convolution: a few pixels of 16 output channels.</summary>
/// <remarks>
/// Rows lie in blocks of 16 channels, [block][pixel][16], with one zero pixel at either end, so that the three columns under the kernel and
/// the 16 channels are one run of 48 values; a one-channel row is [pixel] and the run is 3. The weights lie in the order of use,
/// [input block][ky][run][16]. Twelve accumulators of eight lanes hide the latency of the multiply-add.
/// </remarks>
internal static unsafe class ConvTile
{
    internal const int Lanes = 16;

    /// <summary>Weights of one (output block, input block): [3][48][16], or [3][3][16] for a one-channel input.</summary>
    internal static int WeightsPerBlock(int unit) => 3 * 3 * unit * Lanes;

    /// <summary>One row of 16 output channels.</summary>
    /// <param name="unit">16, or 1 for a one-channel input.</param>
    /// <param name="rows">Rows h − 1, h and h + 1, from their left zero pixel on.</param>
    /// <param name="blockStride">Floats from one input block to the next.</param>
    /// <param name="blocks">Input blocks.</param>
    /// <param name="weights">[blocks][3][3·unit][16].</param>
    /// <param name="line">Receives [width][16].</param>
    /// <param name="width">Even.</param>
    /// <param name="wide">Whether to use the 512-bit kernel.</param>
    internal static void Row(int unit, float** rows, nint blockStride, int blocks, float* weights, float* line, int width, bool wide)
    {
        if (unit == Lanes)
        {
            Row<Sixteen>(rows, blockStride, blocks, weights, line, width, wide);
        }
        else
        {
            Row<One>(rows, blockStride, blocks, weights, line, width, wide);
        }
    }

    private static void Row<TUnit>(float** rows, nint blockStride, int blocks, float* weights, float* line, int width, bool wide)
        where TUnit : struct, IUnit
    {
        nint pixel = 0;
        for (; wide && pixel + 12 <= width; pixel += 12)
        {
            WideTile.TwelvePixels<TUnit>(rows, pixel * TUnit.Count, blockStride, blocks, weights, line + (pixel * Lanes));
        }

        // What is left is even: sixes, then one or two fours, or a two where nothing else is left.
        var left = width - pixel;
        var sixes = left % 6 == 2 && left > 2 ? (left / 6) - 1 : left / 6;
        for (sixes = pixel + (sixes * 6); pixel < sixes; pixel += 6)
        {
            Six<TUnit>(rows, pixel * TUnit.Count, blockStride, blocks, weights, line + (pixel * Lanes));
        }

        for (; pixel + 4 <= width; pixel += 4)
        {
            Four<TUnit>(rows, pixel * TUnit.Count, blockStride, blocks, weights, line + (pixel * Lanes));
        }

        for (; pixel < width; pixel++)
        {
            Single<TUnit>(rows, pixel * TUnit.Count, blockStride, blocks, weights, line + (pixel * Lanes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six<TUnit>(float** rows, nint offset, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<float> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = rows[ky] + offset + (block * blockStride);
                for (var end = weights + (3 * TUnit.Count * Lanes); weights < end; weights += Lanes, x++)
                {
                    var w0 = Vector256.Load(weights);
                    var w1 = Vector256.Load(weights + 8);
                    var v = Avx.BroadcastScalarToVector256(x);
                    a0 = Fma.MultiplyAdd(v, w0, a0);
                    a1 = Fma.MultiplyAdd(v, w1, a1);
                    v = Avx.BroadcastScalarToVector256(x + TUnit.Count);
                    b0 = Fma.MultiplyAdd(v, w0, b0);
                    b1 = Fma.MultiplyAdd(v, w1, b1);
                    v = Avx.BroadcastScalarToVector256(x + (2 * TUnit.Count));
                    c0 = Fma.MultiplyAdd(v, w0, c0);
                    c1 = Fma.MultiplyAdd(v, w1, c1);
                    v = Avx.BroadcastScalarToVector256(x + (3 * TUnit.Count));
                    d0 = Fma.MultiplyAdd(v, w0, d0);
                    d1 = Fma.MultiplyAdd(v, w1, d1);
                    v = Avx.BroadcastScalarToVector256(x + (4 * TUnit.Count));
                    e0 = Fma.MultiplyAdd(v, w0, e0);
                    e1 = Fma.MultiplyAdd(v, w1, e1);
                    v = Avx.BroadcastScalarToVector256(x + (5 * TUnit.Count));
                    f0 = Fma.MultiplyAdd(v, w0, f0);
                    f1 = Fma.MultiplyAdd(v, w1, f1);
                }
            }
        }

        a0.Store(line);
        a1.Store(line + 8);
        b0.Store(line + 16);
        b1.Store(line + 24);
        c0.Store(line + 32);
        c1.Store(line + 40);
        d0.Store(line + 48);
        d1.Store(line + 56);
        e0.Store(line + 64);
        e1.Store(line + 72);
        f0.Store(line + 80);
        f1.Store(line + 88);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<TUnit>(float** rows, nint offset, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = rows[ky] + offset + (block * blockStride);
                for (var end = weights + (3 * TUnit.Count * Lanes); weights < end; weights += Lanes, x++)
                {
                    var w0 = Vector256.Load(weights);
                    var w1 = Vector256.Load(weights + 8);
                    var v = Avx.BroadcastScalarToVector256(x);
                    a0 = Fma.MultiplyAdd(v, w0, a0);
                    a1 = Fma.MultiplyAdd(v, w1, a1);
                    v = Avx.BroadcastScalarToVector256(x + TUnit.Count);
                    b0 = Fma.MultiplyAdd(v, w0, b0);
                    b1 = Fma.MultiplyAdd(v, w1, b1);
                    v = Avx.BroadcastScalarToVector256(x + (2 * TUnit.Count));
                    c0 = Fma.MultiplyAdd(v, w0, c0);
                    c1 = Fma.MultiplyAdd(v, w1, c1);
                    v = Avx.BroadcastScalarToVector256(x + (3 * TUnit.Count));
                    d0 = Fma.MultiplyAdd(v, w0, d0);
                    d1 = Fma.MultiplyAdd(v, w1, d1);
                }
            }
        }

        a0.Store(line);
        a1.Store(line + 8);
        b0.Store(line + 16);
        b1.Store(line + 24);
        c0.Store(line + 32);
        c1.Store(line + 40);
        d0.Store(line + 48);
        d1.Store(line + 56);
    }

    private static void Single<TUnit>(float** rows, nint offset, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = rows[ky] + offset + (block * blockStride);
                for (var end = weights + (3 * TUnit.Count * Lanes); weights < end; weights += Lanes, x++)
                {
                    var v = Avx.BroadcastScalarToVector256(x);
                    a0 = Fma.MultiplyAdd(v, Vector256.Load(weights), a0);
                    a1 = Fma.MultiplyAdd(v, Vector256.Load(weights + 8), a1);
                }
            }
        }

        a0.Store(line);
        a1.Store(line + 8);
    }
}
