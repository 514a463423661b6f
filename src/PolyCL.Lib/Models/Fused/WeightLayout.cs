using System.Runtime.CompilerServices;

namespace PolyCL.Models.Fused;

/// <summary>Between torch's order of 3×3 weights, [out, in, ky, kx], and the order in which the kernels use them.</summary>
internal static unsafe class WeightLayout
{
    private const int Lanes = ConvTile.Lanes;

    /// <summary>For the forward sweep: [out block][in block][ky][kx · unit + in][16 out].</summary>
    internal static void Pack<T>(float* weights, int outChannels, int inChannels, float* packed)
        where T : unmanaged
    {
        var unit = inChannels == 1 ? 1 : Lanes;
        for (var o = 0; o < outChannels; o++)
        {
            for (var i = 0; i < inChannels; i++)
            {
                var block = packed + ((((nint)(o / Lanes) * (inChannels / unit)) + (i / unit)) * ConvTile.WeightsPerBlock(unit));
                for (var tap = 0; tap < 9; tap++)
                {
                    block[At(tap / 3, tap % 3, i % unit, o % Lanes, unit)] = Stored.Round<T>(*weights++);
                }
            }
        }
    }

    /// <summary>For the gradient to the input: in and out change places and the kernel is turned by half a circle.</summary>
    internal static void PackTurned<T>(float* weights, int outChannels, int inChannels, float* packed)
        where T : unmanaged
    {
        for (var o = 0; o < outChannels; o++)
        {
            for (var i = 0; i < inChannels; i++)
            {
                var block = packed + ((((nint)(i / Lanes) * (outChannels / Lanes)) + (o / Lanes)) * ConvTile.WeightsPerBlock(Lanes));
                for (var tap = 0; tap < 9; tap++)
                {
                    block[At(2 - (tap / 3), 2 - (tap % 3), o % Lanes, i % Lanes, Lanes)] = Stored.Round<T>(*weights++);
                }
            }
        }
    }

    /// <summary>One block of a gradient, back to torch's order.</summary>
    internal static void Unpack(ReadOnlySpan<float> block, float* gradient, int outBlock, int inBlock, int inChannels, int unit)
    {
        for (var o = 0; o < Lanes; o++)
        {
            for (var i = 0; i < unit; i++)
            {
                var target = gradient + (((((nint)outBlock * Lanes) + o) * inChannels) + (inBlock * unit) + i) * 9;
                for (var tap = 0; tap < 9; tap++)
                {
                    target[tap] = block[At(tap / 3, tap % 3, i, o, unit)];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int At(int ky, int kx, int i, int o, int unit) => (((((ky * 3) + kx) * unit) + i) * Lanes) + o;
}
