using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Many slices through a network, some at a time: arrays in, arrays out, without dropout or gradients.</summary>
internal static class SliceBatches
{
    /// <summary>Runs the network, which is in evaluation mode afterwards.</summary>
    /// <param name="network">The network.</param>
    /// <param name="compute">What is wanted of a batch [N, 1, S, S].</param>
    /// <param name="pixels">[slices, S, S].</param>
    /// <param name="slices">How many.</param>
    /// <param name="size">S.</param>
    /// <param name="batchSize">Slices at once, N.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="name">Where the network's weights come from; null when an output that is not finite is no error.</param>
    /// <param name="token">Stops between two batches.</param>
    /// <returns>The values of all batches, one after another.</returns>
    /// <exception cref="ArgumentException">The array does not hold that many slices, or a pixel is not finite.</exception>
    /// <exception cref="WeightMismatchException">The network answers NaN or infinity; the message says whether its weights are to blame.</exception>
    public static float[] Run(
        Module network,
        Func<Tensor, Tensor> compute,
        float[] pixels,
        int slices,
        int size,
        int batchSize,
        Device device,
        string? name = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var area = size * size;
        if (pixels.Length < (long)Check.NotNegative(slices) * area)
        {
            throw new ArgumentException($"{slices} slices of {size}×{size} need {(long)slices * area} pixels; the array holds {pixels.Length}.", nameof(pixels));
        }

        using var noGradient = no_grad();
        network.eval();
        float[] result = [];
        for (var start = 0; start < slices; start += batchSize)
        {
            token.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var count = Math.Min(batchSize, slices - start);
            var input = tensor(pixels.AsSpan(start * area, count * area).ToArray(), [count, 1, size, size], device: device);
            var values = compute(input).to_type(ScalarType.Float32).cpu().contiguous();
            var each = checked((int)(values.numel() / count));
            if (start == 0)
            {
                result = new float[slices * each];
            }

            var target = result.AsSpan(start * each, count * each);
            values.data<float>().CopyTo(target);
            if (name is not null && target.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                throw NonFiniteOutput.Explained(network, name, pixels.AsSpan(start * area, count * area), start, size);
            }
        }

        return result;
    }
}
