using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Sampling;
using PolyCL.Training.Arms;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Contrastive pre-training: the order of the anchors and the arm that compares them.</summary>
internal sealed class PretrainTask : TrainingTask
{
    private readonly PretrainOptions options;
    private readonly ExampleSelector selector;
    private readonly SliceTensors? slices;
    private readonly StepSeed stepSeed;
    private readonly PretrainArm arm;
    private readonly ProbeSet probes;
    private int[] order = [];

    /// <summary>Builds the networks from the seed and loads the slices.</summary>
    /// <param name="options">The run's settings.</param>
    /// <param name="store">All slices.</param>
    /// <param name="pool">Slices that are trained on.</param>
    /// <param name="validation">Scans whose slices are probed.</param>
    /// <param name="selector">Draws the partners.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="residentBytes">Limit for keeping all slices on the device.</param>
    public PretrainTask(
        PretrainOptions options,
        SliceStore store,
        IReadOnlyList<int> pool,
        IReadOnlyList<string> validation,
        ExampleSelector selector,
        Device device,
        long residentBytes)
    {
        this.options = options;
        this.selector = selector;
        stepSeed = new StepSeed(options.Seed, device);
        stepSeed.Initialise();
        Encoder = NewEncoder(device);
        probes = new ProbeSet(store, validation, device);
        var views = new ViewPairs(options.Views, options.Seed, store, device);
        slices = options.Selection.DrawsPartners ? new SliceTensors(store, pool, device, withMasks: false, residentBytes) : null;
        arm = options.Selection.Strategy switch
        {
            Strategy.SimClr or Strategy.SupCon => new ViewArm(options, Encoder, views, store),
            Strategy.Moco => new MomentumArm(options, Encoder, NewEncoder(device), views, device),
            Strategy.Byol => new BootstrapArm(options, Encoder, NewEncoder(device), views, device, (long)options.Epochs * EpochOrder.BatchCount(ItemCount, options.BatchSize)),
            _ => new TripletArm(options, Encoder, selector, slices!),
        };
    }

    /// <summary>Encoder and projection head.</summary>
    public ContrastiveEncoder Encoder { get; }

    /// <inheritdoc/>
    public override Module Network => arm.Network;

    /// <inheritdoc/>
    public override int ItemCount => selector.Anchors.Count;

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch) => order = EpochOrder.Of(selector.Anchors, options.Seed, epoch);

    /// <inheritdoc/>
    public override void BeginStep(long step)
    {
        arm.BeginStep(step);
        stepSeed.Begin(step);
    }

    /// <inheritdoc/>
    public override Tensor Loss(int epoch, int start, int count)
    {
        var after = start + count;
        return arm.Loss(
            new Minibatch(order.AsMemory(start, count), epoch, start),
            new Minibatch(order.AsMemory(after, Math.Min(count, order.Length - after)), epoch, after));
    }

    /// <inheritdoc/>
    public override EmbeddingProbe? Probe(int epoch) =>
        options.ProbeEvery > 0 && (epoch % options.ProbeEvery == 0 || epoch == options.Epochs) ? probes.Measure(Encoder) : null;

    /// <inheritdoc/>
    public override void Dispose()
    {
        slices?.Dispose();
        arm.Dispose();
    }

    private ContrastiveEncoder NewEncoder(Device device)
    {
        var encoder = ContrastiveEncoder.Of(options.Network, options.EmbeddingSize);
        encoder.to(device);
        return encoder;
    }
}
