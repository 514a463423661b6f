using PolyCL.Data;
using PolyCL.Sampling;
using static TorchSharp.torch;

namespace PolyCL.Training.Arms;

/// <summary>Renders two views of each anchor of a minibatch.</summary>
internal sealed class ViewPairs(ViewOptions options, long seed, SliceStore store, Device device)
{
    /// <summary>The views; a pure function of seed, epoch and position in the epoch's order, or of seed and slice when views are frozen.</summary>
    /// <returns>Two float tensors [M, 1, S, S], row by row of the same slices.</returns>
    public (Tensor First, Tensor Second) Render(Minibatch batch)
    {
        var (count, size) = (batch.Anchors.Length, store.Size);
        var area = size * size;
        var views = new float[2 * count * area];
        Parallel.For(0, count, i =>
        {
            var source = new float[area];
            store.CopyPixels(batch.Anchors.Span[i], source);
            for (var view = 0; view < 2; view++)
            {
                // The order changes with the epoch, so a frozen view must not depend on the position.
                var place = options.Frozen ? batch.Anchors.Span[i] : batch.Start + i;
                var parameters = ViewParameters.Draw(options, seed, batch.Epoch, place, view);
                ViewRenderer.Render(source, size, parameters, views.AsSpan(((view * count) + i) * area, area));
            }
        });
        var pixels = tensor(views, [2 * count, 1, size, size], device: device);
        return (pixels.narrow(0, 0, count), pixels.narrow(0, count, count));
    }
}
