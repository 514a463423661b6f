using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>The tracker's answer for one slice, in plain numbers.</summary>
/// <param name="LowLogits">Mask logits at a quarter of the network's size, [size · size].</param>
/// <param name="Size">Their rows and columns.</param>
/// <param name="ObjectScore">Logit of the object being there; 10 for a given mask.</param>
/// <param name="Quality">Predicted overlap with the truth, 0 to 1; null for a given mask.</param>
internal sealed record TrackedSlice(float[] LowLogits, int Size, float ObjectScore, float? Quality)
{
    /// <summary>The logits at the slice's size, [height · width]; a pixel above 0 belongs to the object.</summary>
    public float[] Logits(int height, int width)
    {
        using var scope = NewDisposeScope();
        var low = tensor(LowLogits, [1, 1, Size, Size]);
        return functional.interpolate(low, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false).data<float>().ToArray();
    }

    /// <summary>The mask at the slice's size, [height · width] of 0 and 1.</summary>
    public byte[] Mask(int height, int width) => [.. Logits(height, width).Select(logit => logit > 0 ? (byte)1 : (byte)0)];
}
