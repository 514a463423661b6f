using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>One propagation: the given mask, then both passes.</summary>
/// <param name="network">The network; stays the caller's.</param>
/// <param name="codes">Its codes; stay the caller's.</param>
/// <param name="slices">The sequence.</param>
/// <param name="reference">The slice whose mask is given.</param>
/// <param name="options">Order, states, holes, stop rule.</param>
/// <param name="cache">Where encoded slices are kept, with what names network and number format; null keeps none.</param>
/// <param name="progress">Told after each slice.</param>
/// <param name="token">Stops between slices.</param>
internal sealed class Propagation(
    Sam2Network network,
    MapCodes codes,
    SliceSequence slices,
    int reference,
    PropagationOptions options,
    (EmbeddingCache Cache, string Network)? cache,
    IProgress<ProgressReport>? progress,
    CancellationToken token) : IDisposable
{
    private readonly SliceTracker tracker = new(network, codes, slices.Count, options.FillHoles);
    private readonly SortedDictionary<int, PropagatedMask> masks = [];
    private readonly byte[] pixels = new byte[slices.Height * slices.Width];

    /// <summary>Tracks everything.</summary>
    /// <param name="mask">[Height · Width] of 0 and 1.</param>
    public IReadOnlyList<PropagatedMask> Run(byte[] mask)
    {
        using (var features = Encode(reference))
        {
            Keep(reference, tracker.Prompt(reference, features, mask, slices.Height, slices.Width));
        }

        var reverseFirst = options.Order == PassOrder.ReverseFirst;
        Pass(reverseFirst, isLast: false);
        if (options.FreshStates)
        {
            tracker.Bank.DropTracked();
        }

        Pass(!reverseFirst, isLast: true);
        progress?.Report(new ProgressReport("propagate", slices.Count, slices.Count));
        return [.. masks.Values];
    }

    private void Pass(bool reverse, bool isLast)
    {
        var step = reverse ? -1 : 1;
        var absent = 0;
        for (var slice = reference + step; slice >= 0 && slice < slices.Count; slice += step)
        {
            token.ThrowIfCancellationRequested();
            using var features = Encode(slice);
            var kept = Keep(slice, tracker.Track(slice, features, reverse));
            absent = kept.ObjectScore > 0 && kept.Pixels > 0 ? 0 : absent + 1;
            if (options.StopAfter > 0 && absent == options.StopAfter)
            {
                return;
            }

            List<(int, bool)> passes = [(slice + step, reverse)];
            if (!isLast && !options.FreshStates)
            {
                passes.Add((reference - step, !reverse));
            }

            tracker.Bank.Drop(passes);
        }
    }

    private SliceFeatures Encode(int slice)
    {
        slices.Read(slice, pixels);
        if (cache is not var (kept, name))
        {
            return Encode();
        }

        var key = EmbeddingCache.Key([name, $"{slices.Height}×{slices.Width}"], pixels);
        var values = kept.FindOrMake(key, () =>
        {
            using var made = Encode();
            return made.ToArray();
        });
        return SliceFeatures.Of(values, network.Sizes, network.Device);
    }

    private SliceFeatures Encode()
    {
        using var scope = NewDisposeScope();
        return network.Encode(SliceInput.Pixels(pixels, slices.Height, slices.Width, network.Sizes.ImageSize, network.Device), codes);
    }

    private PropagatedMask Keep(int slice, TrackedSlice tracked)
    {
        var kept = new PropagatedMask(slice, tracked.Mask(slices.Height, slices.Width), slice == reference, tracked.ObjectScore, tracked.Quality);
        masks.Add(slice, kept);
        progress?.Report(new ProgressReport("propagate", masks.Count, slices.Count));
        return kept;
    }

    /// <inheritdoc/>
    public void Dispose() => tracker.Dispose();
}
