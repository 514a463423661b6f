using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary><see cref="ConvTile"/> for processors with 512-bit vectors: a register holds the 16 output channels, twelve of them the sums.</summary>
/// <remarks>Every sum is added up in the same order as there, so both give the same bits. The code runs, slowly, without such a processor too.</remarks>
internal static unsafe class WideTile
{
    /// <summary>True when these kernels pay.</summary>
    internal static bool IsSupported => Vector512.IsHardwareAccelerated;

    /// <summary>Twelve pixels of 16 output channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void TwelvePixels<TUnit>(float** rows, nint offset, nint blockStride, int blocks, float* weights, float* line)
        where TUnit : struct, IUnit
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default;
        Vector512<float> g = default, h = default, i = default, j = default, k = default, l = default;
        for (nint block = 0; block < blocks; block++)
        {
            for (var ky = 0; ky < 3; ky++)
            {
                var x = rows[ky] + offset + (block * blockStride);
                for (var end = weights + (3 * TUnit.Count * ConvTile.Lanes); weights < end; weights += ConvTile.Lanes, x++)
                {
                    var w = Vector512.Load(weights);
                    a = Vector512.FusedMultiplyAdd(Vector512.Create(*x), w, a);
                    b = Vector512.FusedMultiplyAdd(Vector512.Create(x[TUnit.Count]), w, b);
                    c = Vector512.FusedMultiplyAdd(Vector512.Create(x[2 * TUnit.Count]), w, c);
                    d = Vector512.FusedMultiplyAdd(Vector512.Create(x[3 * TUnit.Count]), w, d);
                    e = Vector512.FusedMultiplyAdd(Vector512.Create(x[4 * TUnit.Count]), w, e);
                    f = Vector512.FusedMultiplyAdd(Vector512.Create(x[5 * TUnit.Count]), w, f);
                    g = Vector512.FusedMultiplyAdd(Vector512.Create(x[6 * TUnit.Count]), w, g);
                    h = Vector512.FusedMultiplyAdd(Vector512.Create(x[7 * TUnit.Count]), w, h);
                    i = Vector512.FusedMultiplyAdd(Vector512.Create(x[8 * TUnit.Count]), w, i);
                    j = Vector512.FusedMultiplyAdd(Vector512.Create(x[9 * TUnit.Count]), w, j);
                    k = Vector512.FusedMultiplyAdd(Vector512.Create(x[10 * TUnit.Count]), w, k);
                    l = Vector512.FusedMultiplyAdd(Vector512.Create(x[11 * TUnit.Count]), w, l);
                }
            }
        }

        a.Store(line);
        b.Store(line + 16);
        c.Store(line + 32);
        d.Store(line + 48);
        e.Store(line + 64);
        f.Store(line + 80);
        g.Store(line + 96);
        h.Store(line + 112);
        i.Store(line + 128);
        j.Store(line + 144);
        k.Store(line + 160);
        l.Store(line + 176);
    }

    /// <summary>Twelve weights of 16 output channels; see <see cref="WeightTile.Six"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void TwelveWeights(float** rows, nint offset, float* gradient, int count, int width, float* sums)
    {
        var a = Vector512.Load(sums);
        var b = Vector512.Load(sums + 16);
        var c = Vector512.Load(sums + 32);
        var d = Vector512.Load(sums + 48);
        var e = Vector512.Load(sums + 64);
        var f = Vector512.Load(sums + 80);
        var g = Vector512.Load(sums + 96);
        var h = Vector512.Load(sums + 112);
        var i = Vector512.Load(sums + 128);
        var j = Vector512.Load(sums + 144);
        var k = Vector512.Load(sums + 160);
        var l = Vector512.Load(sums + 176);
        for (nint row = 0; row < count; row++)
        {
            var x = rows[row] + offset;
            for (var end = gradient + ((nint)width * ConvTile.Lanes); gradient < end; gradient += ConvTile.Lanes, x += ConvTile.Lanes)
            {
                var w = Vector512.Load(gradient);
                a = Vector512.FusedMultiplyAdd(Vector512.Create(x[0]), w, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Create(x[1]), w, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Create(x[2]), w, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Create(x[3]), w, d);
                e = Vector512.FusedMultiplyAdd(Vector512.Create(x[4]), w, e);
                f = Vector512.FusedMultiplyAdd(Vector512.Create(x[5]), w, f);
                g = Vector512.FusedMultiplyAdd(Vector512.Create(x[6]), w, g);
                h = Vector512.FusedMultiplyAdd(Vector512.Create(x[7]), w, h);
                i = Vector512.FusedMultiplyAdd(Vector512.Create(x[8]), w, i);
                j = Vector512.FusedMultiplyAdd(Vector512.Create(x[9]), w, j);
                k = Vector512.FusedMultiplyAdd(Vector512.Create(x[10]), w, k);
                l = Vector512.FusedMultiplyAdd(Vector512.Create(x[11]), w, l);
            }
        }

        a.Store(sums);
        b.Store(sums + 16);
        c.Store(sums + 32);
        d.Store(sums + 48);
        e.Store(sums + 64);
        f.Store(sums + 80);
        g.Store(sums + 96);
        h.Store(sums + 112);
        i.Store(sums + 128);
        j.Store(sums + 144);
        k.Store(sums + 160);
        l.Store(sums + 176);
    }
}
