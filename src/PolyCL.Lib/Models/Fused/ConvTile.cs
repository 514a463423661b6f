using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PolyCL.Models.Fused;

/// <summary>The two innermost kernels of a 3×3 convolution: a few pixels of 16 output channels, and a few weights of 16 output channels.</summary>
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
    /// <param name="above">Row h − 1 from its left zero pixel on.</param>
    /// <param name="middle">Row h.</param>
    /// <param name="below">Row h + 1.</param>
    /// <param name="blockStride">Floats from one input block to the next.</param>
    /// <param name="blocks">Input blocks.</param>
    /// <param name="weights">[blocks][3][3·unit][16].</param>
    /// <param name="line">Receives [width][16].</param>
    /// <param name="width">Even.</param>
    /// <param name="wide">Whether to use the 512-bit kernel.</param>
    internal static void Row(
        int unit, float* above, float* middle, float* below, nint blockStride, int blocks, float* weights, float* line, int width, bool wide)
    {
        if (unit == Lanes)
        {
            Row<Sixteen>(above, middle, below, blockStride, blocks, weights, line, width, wide);
        }
        else
        {
            Row<One>(above, middle, below, blockStride, blocks, weights, line, width, wide);
        }
    }

    private static void Row<TUnit>(
        float* above, float* middle, float* below, nint blockStride, int blocks, float* weights, float* line, int width, bool wide)
        where TUnit : struct, IUnit
    {
        var pixel = 0;
        if (wide)
        {
            for (; pixel + 12 <= width; pixel += 12)
            {
                WideTile.TwelvePixels<TUnit>(
                    above + (pixel * TUnit.Count), middle + (pixel * TUnit.Count), below + (pixel * TUnit.Count), blockStride, blocks, weights, line + (pixel * Lanes));
            }
        }

        // What is left is even: sixes, then one or two fours, or a two where nothing else is left.
        var left = width - pixel;
        var sixes = left % 6 == 2 && left > 2 ? (left / 6) - 1 : left / 6;
        for (sixes = pixel + (sixes * 6); pixel < sixes; pixel += 6)
        {
            Six<TUnit>(above + (pixel * TUnit.Count), middle + (pixel * TUnit.Count), below + (pixel * TUnit.Count), blockStride, blocks, weights, line + (pixel * Lanes));
        }

        for (; pixel + 4 <= width; pixel += 4)
        {
            Four<TUnit>(above + (pixel * TUnit.Count), middle + (pixel * TUnit.Count), below + (pixel * TUnit.Count), blockStride, blocks, weights, line + (pixel * Lanes));
        }

        for (; pixel < width; pixel++)
        {
            Single<TUnit>(above + (pixel * TUnit.Count), middle + (pixel * TUnit.Count), below + (pixel * TUnit.Count), blockStride, blocks, weights, line + (pixel * Lanes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six<TUnit>(float* above, float* middle, float* below, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<float> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = (ky == 0 ? above : ky == 1 ? middle : below) + (block * blockStride);
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
    private static void Four<TUnit>(float* above, float* middle, float* below, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = (ky == 0 ? above : ky == 1 ? middle : below) + (block * blockStride);
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

    private static void Single<TUnit>(float* above, float* middle, float* below, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector256<float> a0 = default, a1 = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = (ky == 0 ? above : ky == 1 ? middle : below) + (block * blockStride);
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

    /// <summary>Adds to six weights × 16 output channels what some rows contribute: Σ x[pixel·16 + i] · g[pixel].</summary>
    /// <param name="rows">The input rows under the kernel's row, one pointer per gradient row, from the left zero pixel on.</param>
    /// <param name="offset">Floats from a row's pointer to the first of the six values.</param>
    /// <param name="gradient">[count][width][16].</param>
    /// <param name="count">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="sums">[6][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SixWeights(float** rows, nint offset, float* gradient, int count, int width, float* sums)
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
    internal static void ThreeWeights(float** rows, float* gradient, int count, int width, float* sums)
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

/// <summary>Floats from one pixel of a row to the next, as a constant for the compiler.</summary>
internal interface IUnit
{
    /// <summary>The number.</summary>
    static abstract int Count { get; }
}

/// <summary>A block of 16 channels.</summary>
internal readonly struct Sixteen : IUnit
{
    /// <inheritdoc/>
    public static int Count => ConvTile.Lanes;
}

/// <summary>A one-channel image.</summary>
internal readonly struct One : IUnit
{
    /// <inheritdoc/>
    public static int Count => 1;
}
