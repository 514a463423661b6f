using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary>Makes the rows that a sweep reads, in blocks of 16 channels; what is cheap to make again is never stored.</summary>
internal abstract unsafe class RowSource
{
    /// <summary>Floats of one pixel in one block: 16, or 1 for a one-channel image.</summary>
    internal virtual int Unit => ConvTile.Lanes;

    /// <summary>Writes a row's pixels.</summary>
    /// <param name="image">Number of the image.</param>
    /// <param name="row">Inside the image.</param>
    /// <param name="firstBlock">First block of 16 channels.</param>
    /// <param name="blocks">How many blocks.</param>
    /// <param name="destination">Pixel 0 of the first block.</param>
    /// <param name="blockStride">Floats from one block to the next.</param>
    /// <param name="scratch">The thread's memory.</param>
    internal abstract void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch);
}

/// <summary>A one-channel image, float32 in any precision.</summary>
internal sealed unsafe class GreySource<T>(float* data, int height, int width) : RowSource
    where T : unmanaged
{
    internal override int Unit => 1;

    internal override void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch)
    {
        var source = data + ((((long)image * height) + row) * width);
        if (typeof(T) == typeof(float))
        {
            new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(destination, width));
            return;
        }

        for (var pixel = 0; pixel < width; pixel++)
        {
            destination[pixel] = Stored.Round<T>(source[pixel]);
        }
    }
}

/// <summary>Feature maps as they are.</summary>
internal sealed unsafe class PlainSource<T>(Image<T> images) : RowSource
    where T : unmanaged
{
    internal override void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch)
    {
        for (var block = 0; block < blocks; block++)
        {
            Copy(images, image, row, firstBlock + block, destination + (block * blockStride));
        }
    }

    internal static void Copy(Image<T> images, int image, int row, int block, float* destination)
    {
        var source = images.Row(image, row, block);
        for (var end = destination + ((nint)images.Width * ConvTile.Lanes); destination < end; destination += ConvTile.Lanes, source += images.Channels)
        {
            Stored.Load(source).Store(destination);
            Stored.Load(source + 8).Store(destination + 8);
        }
    }
}

/// <summary>Instance norm and Leaky ReLU of a convolution's output.</summary>
internal sealed unsafe class ActivatedSource<T>(Image<T> outputs, float* mean, float* rate, float slope) : RowSource
    where T : unmanaged
{
    internal override void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch)
    {
        var slopes = Vector256.Create(slope);
        for (var block = 0; block < blocks; block++)
        {
            var channel = ((long)image * outputs.Channels) + ((firstBlock + block) * ConvTile.Lanes);
            var (m0, m1) = (Vector256.Load(mean + channel), Vector256.Load(mean + channel + 8));
            var (r0, r1) = (Vector256.Load(rate + channel), Vector256.Load(rate + channel + 8));
            var source = outputs.Row(image, row, firstBlock + block);
            var target = destination + (block * blockStride);
            for (var end = target + ((nint)outputs.Width * ConvTile.Lanes); target < end; target += ConvTile.Lanes, source += outputs.Channels)
            {
                Activate(Stored.Load(source), m0, r0, slopes).Store(target);
                Activate(Stored.Load(source + 8), m1, r1, slopes).Store(target + 8);
            }
        }
    }

    private static Vector256<float> Activate(Vector256<float> value, Vector256<float> mean, Vector256<float> rate, Vector256<float> slope)
    {
        var normal = (value - mean) * rate;
        return Stored.Round<T>(Vector256.ConditionalSelect(Vector256.GreaterThan(normal, Vector256<float>.Zero), normal, normal * slope));
    }
}

/// <summary>The gradient before an instance norm, from the gradient after it: r · (g − mean g − n · mean(g n)), n = (y − m) r.</summary>
internal sealed unsafe class NormGradientSource<T>(
    Image<T> gradients, Image<T> outputs, float* mean, float* rate, float* gradientMean, float* productMean) : RowSource
    where T : unmanaged
{
    internal override void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch)
    {
        for (var block = 0; block < blocks; block++)
        {
            var channel = ((long)image * outputs.Channels) + ((firstBlock + block) * ConvTile.Lanes);
            var (m0, m1) = (Vector256.Load(mean + channel), Vector256.Load(mean + channel + 8));
            var (r0, r1) = (Vector256.Load(rate + channel), Vector256.Load(rate + channel + 8));
            var (s0, s1) = (r0 * Vector256.Load(gradientMean + channel), r1 * Vector256.Load(gradientMean + channel + 8));
            var (p0, p1) = (r0 * r0 * Vector256.Load(productMean + channel), r1 * r1 * Vector256.Load(productMean + channel + 8));
            var output = outputs.Row(image, row, firstBlock + block);
            var gradient = gradients.Row(image, row, firstBlock + block);
            var target = destination + (block * blockStride);
            for (var end = target + ((nint)outputs.Width * ConvTile.Lanes); target < end; target += ConvTile.Lanes)
            {
                Stored.Round<T>((Stored.Load(gradient) * r0) - s0 - ((Stored.Load(output) - m0) * p0)).Store(target);
                Stored.Round<T>((Stored.Load(gradient + 8) * r1) - s1 - ((Stored.Load(output + 8) - m1) * p1)).Store(target + 8);
                output += outputs.Channels;
                gradient += gradients.Channels;
            }
        }
    }
}

/// <summary>A deep map, doubled bilinearly with aligned corners, and behind it the skip map.</summary>
internal sealed unsafe class JoinedSource<T>(Image<T> deep, Image<T> skip) : RowSource
    where T : unmanaged
{
    private readonly Doubling across = new(deep.Width);
    private readonly Doubling down = new(deep.Height);

    internal override void Produce(int image, int row, int firstBlock, int blocks, float* destination, nint blockStride, Scratch scratch)
    {
        for (var block = firstBlock; block < firstBlock + blocks; block++, destination += blockStride)
        {
            if (block < deep.Blocks)
            {
                Double(image, row, block, destination, scratch);
            }
            else
            {
                PlainSource<T>.Copy(skip, image, row, block - deep.Blocks, destination);
            }
        }
    }

    private void Double(int image, int row, int block, float* destination, Scratch scratch)
    {
        var blend = scratch.Floats(ScratchUse.Doubling, (nint)deep.Width * ConvTile.Lanes);
        var upper = deep.Row(image, down.First[row], block);
        var lower = deep.Row(image, down.Second[row], block);
        var share = Vector256.Create(down.Share[row]);
        for (var target = blend; target < blend + ((nint)deep.Width * ConvTile.Lanes); target += ConvTile.Lanes)
        {
            Mix(Stored.Load(upper), Stored.Load(lower), share).Store(target);
            Mix(Stored.Load(upper + 8), Stored.Load(lower + 8), share).Store(target + 8);
            upper += deep.Channels;
            lower += deep.Channels;
        }

        for (var pixel = 0; pixel < skip.Width; pixel++, destination += ConvTile.Lanes)
        {
            var left = blend + (across.First[pixel] * ConvTile.Lanes);
            var right = blend + (across.Second[pixel] * ConvTile.Lanes);
            share = Vector256.Create(across.Share[pixel]);
            Stored.Round<T>(Mix(Vector256.Load(left), Vector256.Load(right), share)).Store(destination);
            Stored.Round<T>(Mix(Vector256.Load(left + 8), Vector256.Load(right + 8), share)).Store(destination + 8);
        }
    }

    private static Vector256<float> Mix(Vector256<float> first, Vector256<float> second, Vector256<float> share)
        => ((Vector256<float>.One - share) * first) + (share * second);
}
