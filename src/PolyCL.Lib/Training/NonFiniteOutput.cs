using System.Globalization;
using PolyCL.Core;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Finds out why a network answers NaN or infinity: its pixels, its weights, or numbers that grow too large on the way.</summary>
internal static class NonFiniteOutput
{
    /// <summary>The error that names what is to blame.</summary>
    /// <param name="network">The network.</param>
    /// <param name="name">Its file, or what it is.</param>
    /// <param name="pixels">[slices, S, S], what it was given.</param>
    /// <param name="firstSlice">Number of the first of these slices.</param>
    /// <param name="size">S.</param>
    public static Exception Explained(Module network, string name, ReadOnlySpan<float> pixels, int firstSlice, int size)
    {
        var odd = pixels.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (odd >= 0)
        {
            var (slice, place) = Math.DivRem(odd, size * size);
            return new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Pixel {place} of slice {firstSlice + slice} is {pixels[odd]}; give pixels that are numbers, as slices are prepared."), nameof(pixels));
        }

        using var scope = NewDisposeScope();
        var floating = network.state_dict().Where(entry => entry.Value.is_floating_point() && entry.Value.numel() > 0).ToArray();
        var faulty = floating.Select(entry => (entry.Key, Count: Count(entry.Value), All: entry.Value.numel())).Where(entry => entry.Count > 0).ToArray();
        return new WeightMismatchException(faulty.Length > 0 ? Blame(name, faulty) : Clear(name, floating), name);
    }

    private static string Blame(string name, (string Key, long Count, long All)[] faulty)
    {
        var (key, count, all) = faulty[0];
        var others = faulty.Length > 1 ? $" and {faulty.Length - 1} more" : "";
        return $"{name}: the weights are to blame for an output that is not finite: '{key}' holds NaN or infinity in {count} of {all} numbers{others}. "
            + "Give weights saved before the training failed.";
    }

    private static string Clear(string name, KeyValuePair<string, Tensor>[] floating)
    {
        var largest = floating.Select(entry => (entry.Key, Value: entry.Value.abs().max().to_type(ScalarType.Float64).ToDouble())).MaxBy(entry => entry.Value);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: the output is not finite, although all weights and pixels are: the numbers grow too large between the layers. "
            + $"The largest weight is {largest.Value:G3} in '{largest.Key}'; "
            + $"weights of a training that went well are far smaller. Train again, with a lower learning rate or in fp32.");
    }

    private static long Count(Tensor values) => values.numel() - values.isfinite().sum().to_type(ScalarType.Int64).ToInt64();
}
