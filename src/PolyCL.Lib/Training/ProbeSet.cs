using PolyCL.Data;
using PolyCL.Models;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Slices kept apart for probes of an encoder: evenly spread over the validation scans.</summary>
internal sealed class ProbeSet
{
    private const int MostSlices = 256;
    private const int BatchSize = 16;
    private readonly SliceStore store;
    private readonly int[] slices;
    private readonly Device device;

    /// <summary>Chooses the slices; none when the scans keep fewer than two.</summary>
    public ProbeSet(SliceStore store, IReadOnlyList<string> scans, Device device)
    {
        (this.store, this.device) = (store, device);
        // Runs of neighbours rather than every n-th slice: alignment compares slices next to each other.
        var all = store.SlicesOf(scans);
        var pairs = Math.Min(all.Length / 2, MostSlices / 2);
        slices = all.Length <= MostSlices
            ? all
            : [.. Enumerable.Range(0, pairs).Select(pair => (int)((long)pair * (all.Length - 1) / pairs)).SelectMany(at => new[] { all[at], all[at + 1] }).Distinct()];
    }

    /// <summary>Embeds the slices without dropout and measures; null when there are fewer than two. The encoder is in training mode again afterwards.</summary>
    public EmbeddingProbe? Measure(ContrastiveEncoder encoder)
    {
        if (slices.Length < 2)
        {
            return null;
        }

        var area = store.Size * store.Size;
        var pixels = new float[slices.Length * area];
        for (var i = 0; i < slices.Length; i++)
        {
            store.CopyPixels(slices[i], pixels.AsSpan(i * area, area));
        }

        var values = SliceBatches.Run(encoder, encoder.call, pixels, slices.Length, store.Size, BatchSize, device);
        encoder.train();
        return values.All(float.IsFinite) ? EmbeddingProbe.Of([.. values.Chunk(values.Length / slices.Length)], [.. slices.Select(slice => store.Slices[slice])]) : null;
    }
}
