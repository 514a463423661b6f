using PolyCL.Data;
using PolyCL.Losses;
using PolyCL.Models;
using PolyCL.Sampling;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Training of a segmenter by its network's loss, Dice (eq. 5) for most, on labelled slices, with validation after each epoch.</summary>
internal sealed class FineTuneTask : TrainingTask
{
    private readonly FineTuneOptions options;
    private readonly IReadOnlyList<SliceRecord> records;
    private readonly int[] labelled;
    private readonly int[] validation;
    private readonly SliceTensors slices;
    private readonly StepSeed stepSeed;
    private readonly Action<RunFolder, Segmenter> keepBest;
    private int[] order = [];

    /// <summary>Builds the network from the seed, takes over the pre-trained encoder and loads the slices.</summary>
    public FineTuneTask(
        FineTuneOptions options,
        SliceStore store,
        int[] labelled,
        int[] validation,
        ContrastiveEncoder? pretrained,
        Device device,
        long residentBytes,
        Action<RunFolder, Segmenter> keepBest)
    {
        this.options = options;
        records = store.Slices;
        this.labelled = labelled;
        this.validation = validation;
        this.keepBest = keepBest;
        stepSeed = new StepSeed(options.Seed, device);
        stepSeed.Initialise();
        Segmenter = options.Network.CreateSegmenter();
        if (pretrained is null)
        {
            options.Network.LoadInitialWeights(Segmenter.Features);
        }
        else
        {
            Segmenter.TakeEncoder(pretrained);
        }

        Segmenter.to(device);
        slices = new SliceTensors(store, [.. labelled, .. validation], device, withMasks: true, residentBytes);
    }

    /// <summary>The network.</summary>
    public Segmenter Segmenter { get; }

    /// <inheritdoc/>
    public override Module Network => Segmenter;

    /// <inheritdoc/>
    public override int ItemCount => labelled.Length;

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch) => order = options.Protocol == TrainingProtocol.Native
        ? OrganOversampling.Of(labelled, records, options.BatchSize, options.Seed, epoch)
        : EpochOrder.Of(labelled, options.Seed, epoch);

    /// <inheritdoc/>
    public override void BeginStep(long step)
    {
        Segmenter.SetDropoutKey(options.Seed, step);
        stepSeed.Begin(step);
    }

    /// <inheritdoc/>
    public override Tensor Loss(int epoch, int start, int count)
    {
        var pixels = slices.Pixels(order.AsSpan(start, count));          // [N, 1, S, S]
        var masks = slices.Masks(order.AsSpan(start, count));
        var next = start + count;
        slices.Announce(order[next..Math.Min(order.Length, next + count)]);
        return LossOf(options, Segmenter, pixels, masks);
    }

    /// <inheritdoc/>
    public override double? Validate()
    {
        if (validation.Length == 0)
        {
            return null;
        }

        using var noGradient = no_grad();
        Segmenter.eval();
        var sum = 0.0;
        for (var start = 0; start < validation.Length; start += options.BatchSize)
        {
            using var scope = NewDisposeScope();
            var batch = validation.AsSpan(start, Math.Min(options.BatchSize, validation.Length - start));
            sum += LossOf(options, Segmenter, slices.Pixels(batch), slices.Masks(batch)).ToDouble() * batch.Length;
        }

        return sum / validation.Length;
    }

    /// <summary>The loss that the network is fine-tuned with.</summary>
    internal static Tensor LossOf(FineTuneOptions options, Segmenter segmenter, Tensor pixels, Tensor masks) => options.Network.Loss switch
    {
        SegmentationLoss.DeepDiceCrossEntropy => NnUNetLoss.OfOutputs(segmenter.Outputs(pixels), masks),
        _ => DiceLoss.OfProbabilities(sigmoid(segmenter.call(pixels)), masks, options.DiceSmooth),
    };

    /// <inheritdoc/>
    public override void KeepBest(RunFolder folder) => keepBest(folder, Segmenter);

    /// <inheritdoc/>
    public override void Dispose()
    {
        slices.Dispose();
        Segmenter.Dispose();
    }
}
