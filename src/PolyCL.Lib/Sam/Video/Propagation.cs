using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>One propagation: the given mask, then both passes.</summary>
internal sealed class Propagation(
    Sam2Network network,
    MapCodes codes,
    SliceSequence slices,
    int reference,
    PropagationOptions options,
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
        using var scope = NewDisposeScope();
        slices.Read(slice, pixels);
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
