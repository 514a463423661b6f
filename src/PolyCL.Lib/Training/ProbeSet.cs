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

        using var noGradient = no_grad();
        encoder.eval();
        var (rows, area) = (new List<float[]>(slices.Length), store.Size * store.Size);
        for (var start = 0; start < slices.Length; start += BatchSize)
        {
            using var scope = NewDisposeScope();
            var batch = slices.AsSpan(start, Math.Min(BatchSize, slices.Length - start));
            var pixels = new float[batch.Length * area];
            for (var i = 0; i < batch.Length; i++)
            {
                store.CopyPixels(batch[i], pixels.AsSpan(i * area, area));
            }

            var input = tensor(pixels, [batch.Length, 1, store.Size, store.Size], device: device);
            var values = encoder.call(input).to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();   // [N, E]
            rows.AddRange(values.Chunk(values.Length / batch.Length));
        }

        encoder.train();
        return rows.All(row => row.All(float.IsFinite)) ? EmbeddingProbe.Of(rows, [.. slices.Select(slice => store.Slices[slice])]) : null;
    }
}
