using PolyCL.Imaging;
using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>Brings slices and masks to the size of the network.</summary>
internal static class SliceInput
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Spread = [0.229f, 0.224f, 0.225f];

    /// <summary>A grey slice as the network sees it: resized without regard to its aspect, the three channels normalised.</summary>
    /// <param name="pixels">[height · width], row by row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="size">S.</param>
    /// <param name="device">Where the result lies.</param>
    /// <returns>[1, 3, S, S].</returns>
    public static Tensor Pixels(ReadOnlySpan<byte> pixels, int height, int width, int size, Device device)
    {
        using var scope = NewDisposeScope();
        var resized = PillowResize.Resize(pixels, height, width, size, size, PillowFilter.Bicubic);
        var grey = tensor(resized, [1, 1, size, size]).to(device).to_type(ScalarType.Float32) / 255.0;
        return ((grey - Channels(Mean)) / Channels(Spread)).MoveToOuterDisposeScope();

        Tensor Channels(float[] values) => tensor(values, [1, 3, 1, 1], device: device);
    }

    /// <summary>A mask at the network's size: antialiased, foreground from one half on.</summary>
    /// <param name="mask">[height · width], 0 or 1.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="size">S.</param>
    /// <returns>[S · S] of 0 and 1.</returns>
    public static float[] Mask(ReadOnlySpan<byte> mask, int height, int width, int size)
    {
        var source = new float[mask.Length];
        for (var i = 0; i < source.Length; i++)
        {
            source[i] = mask[i];
        }

        var result = new float[size * size];
        SliceResize.Bilinear(source, height, width, result, size, size);
        foreach (ref var value in result.AsSpan())
        {
            value = value >= 0.5f ? 1 : 0;
        }

        return result;
    }

    /// <summary>A given mask as logits of ±10 at a quarter of the network's size, antialiased.</summary>
    /// <param name="mask">[S · S] of 0 and 1.</param>
    /// <param name="sizes">The network's sizes.</param>
    /// <returns>[S/4 · S/4].</returns>
    public static float[] LowLogits(float[] mask, Sam2Architecture sizes)
    {
        var logits = Array.ConvertAll(mask, value => (float)((value * Sam2Network.MaskScale) + Sam2Network.MaskOffset));
        var low = new float[sizes.LowSize * sizes.LowSize];
        SliceResize.Bilinear(logits, sizes.ImageSize, sizes.ImageSize, low, sizes.LowSize, sizes.LowSize);
        return low;
    }
}
