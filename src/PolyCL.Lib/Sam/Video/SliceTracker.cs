using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>Follows one object from a given mask through a sequence of slices: the official video predictor for one object and one given mask.</summary>
/// <param name="network">The network; stays the caller's.</param>
/// <param name="codes">Its codes; stay the caller's.</param>
/// <param name="slices">Slices of the sequence.</param>
/// <param name="fillHoles">Fills background components of at most this many pixels in the low-resolution masks; 0 fills none.</param>
/// <remarks>Call it under <c>inference_mode</c> or <c>no_grad</c>. Source: official sam2_video_predictor module.</remarks>
internal sealed class SliceTracker(Sam2Network network, MapCodes codes, int slices, int fillHoles) : IDisposable
{
    private readonly Sam2Architecture sizes = network.Sizes;

    /// <summary>What is remembered.</summary>
    public MemoryBank Bank { get; } = new(slices);

    /// <summary>Takes the given mask of a slice.</summary>
    /// <param name="slice">Its number.</param>
    /// <param name="features">The slice, encoded.</param>
    /// <param name="mask">[height · width], 0 or 1.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public TrackedSlice Prompt(int slice, SliceFeatures features, ReadOnlySpan<byte> mask, int height, int width)
    {
        using var scope = NewDisposeScope();
        var resized = SliceInput.Mask(mask, height, width, sizes.ImageSize);
        var present = resized.Contains(1f);
        var low = LowLogits(resized);
        var given = tensor(resized, [1, 1, sizes.ImageSize, sizes.ImageSize]).to(network.Device);
        var pointer = present ? network.Decode(features.Map, features, codes, given).Pointer : network.NoPointer();
        Bank.Put(slice, Remember(features, HighLogits(low).gt(0.0).to_type(ScalarType.Float32), present), pointer, isPrompt: true);
        return new TrackedSlice(low, sizes.LowSize, (float)(present ? -Sam2Network.MaskOffset : Sam2Network.MaskOffset), Quality: null);
    }

    /// <summary>Finds the object in a slice from the memories of others, and remembers it.</summary>
    /// <param name="slice">Its number.</param>
    /// <param name="features">The slice, encoded.</param>
    /// <param name="reverse">True towards slice 0.</param>
    public TrackedSlice Track(int slice, SliceFeatures features, bool reverse)
    {
        using var scope = NewDisposeScope();
        var tokens = network.Gather(Bank, Bank.Choose(slice, reverse), slices, codes);
        var decoded = network.Decode(network.Join(features, tokens, codes), features, codes, mask: null);
        var low = decoded.Logits.select(1, decoded.Best).cpu().data<float>().ToArray();
        Bank.Put(slice, Remember(features, HighLogits(low).sigmoid(), decoded.ObjectScore > 0), decoded.Pointer, isPrompt: false);
        if (fillHoles > 0)
        {
            HoleFilling.Fill(low, sizes.LowSize, sizes.LowSize, fillHoles);
        }

        return new TrackedSlice(low, sizes.LowSize, decoded.ObjectScore, decoded.Qualities[decoded.Best]);
    }

    /// <summary>The given mask as logits at a quarter of the size; holes filled where asked.</summary>
    private float[] LowLogits(float[] mask)
    {
        var low = SliceInput.LowLogits(mask, sizes);
        if (fillHoles > 0)
        {
            HoleFilling.Fill(low, sizes.LowSize, sizes.LowSize, fillHoles);
        }

        return low;
    }

    /// <summary>Logits enlarged to the network's size, [1, 1, S, S].</summary>
    private Tensor HighLogits(float[] low) => network.Enlarge(tensor(low, [1, 1, sizes.LowSize, sizes.LowSize]).to(network.Device));

    private Tensor Remember(SliceFeatures features, Tensor mask, bool present) =>
        network.Remember(features.Map, mask, present ? zeros(1, 1, device: mask.device) : ones(1, 1, device: mask.device));

    /// <inheritdoc/>
    public void Dispose() => Bank.Dispose();
}
