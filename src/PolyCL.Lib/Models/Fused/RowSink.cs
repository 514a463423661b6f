using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary>Takes the rows that a sweep has computed, 16 channels at a time.</summary>
internal abstract unsafe class RowSink
{
    /// <summary>Doubles of running sums that one block of channels needs over a strip.</summary>
    internal virtual int SumsPerBlock => 0;

    /// <summary>Takes a row of one block; the first of a strip starts the sums.</summary>
    internal abstract void Take(int image, int row, int block, float* line, double* sums, bool first);

    /// <summary>Takes the sums of a block when its strip is done.</summary>
    internal virtual void EndStrip(int image, int strip, int block, double* sums)
    {
    }

    /// <summary>Adds the lanes of two vectors to 16 doubles.</summary>
    private protected static void Add(Vector256<float> low, Vector256<float> high, double* sums)
    {
        for (var lane = 0; lane < 8; lane++)
        {
            sums[lane] += low.GetElement(lane);
            sums[lane + 8] += high.GetElement(lane);
        }
    }
}

/// <summary>Stores rows.</summary>
internal sealed unsafe class PlainSink<T>(Image<T> images) : RowSink
    where T : unmanaged
{
    internal override void Take(int image, int row, int block, float* line, double* sums, bool first) => Store(images, image, row, block, line);

    internal static void Store(Image<T> images, int image, int row, int block, float* line)
    {
        var target = images.Row(image, row, block);
        for (var end = line + ((nint)images.Width * ConvTile.Lanes); line < end; line += ConvTile.Lanes, target += images.Channels)
        {
            Stored.Store(Vector256.Load(line), target);
            Stored.Store(Vector256.Load(line + 8), target + 8);
        }
    }
}

/// <summary>Stores the gradient of a joined map in its two parts.</summary>
internal sealed unsafe class JoinedSink<T>(Image<T> doubled, Image<T> skip) : RowSink
    where T : unmanaged
{
    internal override void Take(int image, int row, int block, float* line, double* sums, bool first)
    {
        if (block < doubled.Blocks)
        {
            PlainSink<T>.Store(doubled, image, row, block, line);
        }
        else
        {
            PlainSink<T>.Store(skip, image, row, block - doubled.Blocks, line);
        }
    }
}

/// <summary>Stores a convolution's output and gathers each channel's mean and spread.</summary>
internal sealed unsafe class MomentSink<T>(Image<T> outputs, StripSums moments) : RowSink
    where T : unmanaged
{
    private const int Pivot = 0;
    private const int Sum = 16;
    private const int Squares = 32;

    internal override int SumsPerBlock => 48;

    internal override void Take(int image, int row, int block, float* line, double* sums, bool first)
    {
        var width = (nint)outputs.Width;
        if (first)
        {
            // Sums of differences to a value of the channel itself keep their digits when the mean is far from 0.
            for (var lane = 0; lane < 16; lane++)
            {
                sums[Pivot + lane] = line[(width / 2 * 16) + lane];
                sums[Sum + lane] = 0;
                sums[Squares + lane] = 0;
            }
        }

        float* pivots = stackalloc float[16];
        for (var lane = 0; lane < 16; lane++)
        {
            pivots[lane] = (float)sums[Pivot + lane];
        }

        var (p0, p1) = (Vector256.Load(pivots), Vector256.Load(pivots + 8));
        Vector256<float> s0 = default, s1 = default, q0 = default, q1 = default;
        var target = outputs.Row(image, row, block);
        for (var end = line + (width * 16); line < end; line += 16, target += outputs.Channels)
        {
            var (v0, v1) = (Stored.Round<T>(Vector256.Load(line)), Stored.Round<T>(Vector256.Load(line + 8)));
            Stored.Store(v0, target);
            Stored.Store(v1, target + 8);
            v0 -= p0;
            v1 -= p1;
            s0 += v0;
            s1 += v1;
            q0 = Vector256.FusedMultiplyAdd(v0, v0, q0);
            q1 = Vector256.FusedMultiplyAdd(v1, v1, q1);
        }

        Add(s0, s1, sums + Sum);
        Add(q0, q1, sums + Squares);
    }

    internal override void EndStrip(int image, int strip, int block, double* sums)
    {
        var count = (double)moments.PixelsOf(strip);
        for (var lane = 0; lane < 16; lane++)
        {
            var shift = sums[Sum + lane] / count;
            moments.Set(image, strip, (block * 16) + lane, sums[Pivot + lane] + shift, sums[Squares + lane] - (shift * sums[Sum + lane]));
        }
    }
}

/// <summary>Takes the gradient after a Leaky ReLU, stores the one before it, and gathers what the norm's gradient needs.</summary>
internal sealed unsafe class ActivationGradientSink<T>(Image<T> gradients, Image<T> outputs, float* mean, float* rate, float slope, StripSums means) : RowSink
    where T : unmanaged
{
    internal override int SumsPerBlock => 32;

    internal override void Take(int image, int row, int block, float* line, double* sums, bool first)
    {
        if (first)
        {
            new Span<double>(sums, 32).Clear();
        }

        var channel = ((long)image * outputs.Channels) + (block * 16);
        var (m0, m1) = (Vector256.Load(mean + channel), Vector256.Load(mean + channel + 8));
        var (r0, r1) = (Vector256.Load(rate + channel), Vector256.Load(rate + channel + 8));
        var slopes = Vector256.Create(slope);
        Vector256<float> s0 = default, s1 = default, p0 = default, p1 = default;
        var output = outputs.Row(image, row, block);
        var target = gradients.Row(image, row, block);
        for (var end = line + ((nint)outputs.Width * 16); line < end; line += 16, output += outputs.Channels, target += gradients.Channels)
        {
            var (n0, n1) = ((Stored.Load(output) - m0) * r0, (Stored.Load(output + 8) - m1) * r1);
            var (g0, g1) = (Vector256.Load(line), Vector256.Load(line + 8));
            g0 = Stored.Round<T>(Vector256.ConditionalSelect(Vector256.GreaterThan(n0, Vector256<float>.Zero), g0, g0 * slopes));
            g1 = Stored.Round<T>(Vector256.ConditionalSelect(Vector256.GreaterThan(n1, Vector256<float>.Zero), g1, g1 * slopes));
            Stored.Store(g0, target);
            Stored.Store(g1, target + 8);
            s0 += g0;
            s1 += g1;
            p0 = Vector256.FusedMultiplyAdd(g0, n0, p0);
            p1 = Vector256.FusedMultiplyAdd(g1, n1, p1);
        }

        Add(s0, s1, sums);
        Add(p0, p1, sums + 16);
    }

    internal override void EndStrip(int image, int strip, int block, double* sums)
    {
        for (var lane = 0; lane < 16; lane++)
        {
            means.Set(image, strip, (block * 16) + lane, sums[lane], sums[lane + 16]);
        }
    }
}
