using PolyCL.Data;
using PolyCL.Losses;
using PolyCL.Models;
using PolyCL.Sampling;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Contrastive pre-training: draws partners, embeds them, compares (eq. 4, NT-Xent or SupCon).</summary>
internal sealed class PretrainTask : TrainingTask
{
    private readonly PretrainOptions options;
    private readonly ExampleSelector selector;
    private readonly SliceTensors slices;
    private readonly StepSeed stepSeed;
    private readonly SliceStore store;
    private readonly Device device;
    private int[] order = [];

    /// <summary>Builds the network from the seed and loads the slices.</summary>
    public PretrainTask(PretrainOptions options, SliceStore store, IReadOnlyList<int> pool, ExampleSelector selector, Device device, long residentBytes)
    {
        this.options = options;
        this.store = store;
        this.selector = selector;
        this.device = device;
        stepSeed = new StepSeed(options.Seed, device);
        stepSeed.Initialise();
        Encoder = new ContrastiveEncoder(new UNetEncoder(options.Network), options.EmbeddingSize);
        Encoder.to(device);
        slices = new SliceTensors(store, pool, device, withMasks: false, residentBytes);
    }

    /// <summary>Encoder and projection head.</summary>
    public ContrastiveEncoder Encoder { get; }

    /// <inheritdoc/>
    public override Module Network => Encoder;

    /// <inheritdoc/>
    public override int ItemCount => selector.Anchors.Count;

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch) => order = EpochOrder.Of(selector.Anchors, options.Seed, epoch);

    /// <inheritdoc/>
    public override void BeginStep(long step)
    {
        Encoder.SetDropoutKey(options.Seed, step);
        stepSeed.Begin(step);
    }

    /// <inheritdoc/>
    public override Tensor Loss(int epoch, int start, int count) => options.Selection.Strategy switch
    {
        Strategy.SimClr or Strategy.SupCon => ViewLoss(epoch, start, count),
        _ => TripletLoss(epoch, start, count),
    };

    /// <inheritdoc/>
    public override void Dispose()
    {
        slices.Dispose();
        Encoder.Dispose();
    }

    private Tensor TripletLoss(int epoch, int start, int count)
    {
        var pixels = slices.Pixels(Triplets(epoch, start, count));       // [3M, 1, S, S]
        slices.Announce(Triplets(epoch, start + count, Math.Min(count, ItemCount - start - count)));
        // Three passes in the authors' order; it matters for the dropout draws only.
        var anchor = Encoder.call(pixels.narrow(0, 0, count));           // [M, E]
        var negative = Encoder.call(pixels.narrow(0, 2 * count, count));
        var positive = Encoder.call(pixels.narrow(0, count, count));
        return ContrastiveLoss.PolyCl(anchor, positive, negative, options.ResolvedTemperature);
    }

    /// <summary>Slices of a batch: all anchors, then all positives, then all negatives.</summary>
    private int[] Triplets(int epoch, int start, int count)
    {
        var result = new int[Math.Max(0, 3 * count)];
        for (var i = 0; i < count; i++)
        {
            var triplet = selector.Draw(order[start + i], epoch, start + i);
            (result[i], result[count + i], result[(2 * count) + i]) = (triplet.Anchor, triplet.Positive, triplet.Negative);
        }

        return result;
    }

    private Tensor ViewLoss(int epoch, int start, int count)
    {
        var size = store.Size;
        var area = size * size;
        var views = new float[2 * count * area];
        Parallel.For(0, count, i =>
        {
            var source = new float[area];
            store.CopyPixels(order[start + i], source);
            for (var view = 0; view < 2; view++)
            {
                var parameters = ViewParameters.Draw(options.Views, options.Seed, epoch, start + i, view);
                ViewRenderer.Render(source, size, parameters, views.AsSpan(((view * count) + i) * area, area));
            }
        });
        var pixels = tensor(views, [2 * count, 1, size, size], device: device);
        var first = Encoder.call(pixels.narrow(0, 0, count));            // [M, E]
        var second = Encoder.call(pixels.narrow(0, count, count));
        if (options.Selection.Strategy == Strategy.SimClr)
        {
            return ContrastiveLoss.NtXent(first, second, options.ResolvedTemperature, options.Selection.Rule == SelectionRule.AuthorsCode);
        }

        var labels = order.AsSpan(start, count).ToArray().Select(slice => store.Slices[slice].ContainsOrgan ? 1L : 0L).ToArray();
        return ContrastiveLoss.SupCon([first, second], tensor(labels, device: device), options.ResolvedTemperature);
    }
}
