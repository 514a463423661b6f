using System.Globalization;
using PolyCL.Arithmetic;
using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sampling;

namespace PolyCL.Training;

/// <summary>Trains a segmenter on few labelled scans, from a pre-trained encoder or from scratch (paper §3.2, §4.2).</summary>
public static class FineTuning
{
    /// <summary>Name of the weight file in the run folder.</summary>
    public const string WeightsName = "model.safetensors";

    /// <summary>Trains, or goes on where a killed process stopped, or returns the stored result of a finished run.</summary>
    /// <param name="options">Settings; with encoder and data they fix the weights.</param>
    /// <param name="encoder">Weight file of a pre-trained encoder, or null to train from scratch.</param>
    /// <param name="data">Slices and scans; a pre-trained encoder must have been trained with the same split.</param>
    /// <param name="place">Where the run works.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="token">Stops after the present step; the state is saved.</param>
    /// <exception cref="ArgumentException">The network does not take slices of the store's size, or the protocol is another network's.</exception>
    /// <exception cref="DatasetException">The encoder has seen scans that this split keeps for validation or test, or no labelled slice shows the organ that the protocol wants.</exception>
    /// <exception cref="WeightMismatchException">The encoder does not fit the network.</exception>
    /// <exception cref="RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="RunFailedException">The loss is no longer finite.</exception>
    /// <exception cref="OperationCanceledException">The token was set.</exception>
    public static RunResult Run(
        FineTuneOptions options, string? encoder, TrainingData data, RunPlace place, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(place);
        options.Validate();
        options.Network.CheckSize(data.Store.Size, data.Store.Size);
        ModelCard? card = null;
        using var pretrained = encoder is null ? null : ModelFile.LoadEncoder(encoder, out card);
        if (card is not null)
        {
            RefuseOtherBackbone(card, options.Network, encoder!);
            RefuseLeak(card, data, encoder!);
        }

        place.Compute.ChooseArithmetic();
        var identity = IdentityOf(options, pretrained is null ? null : WeightsDigest.Of(pretrained), data, place.Profile);
        return TrainingRun.Complete(identity, place, (folder, device) =>
        {
            var origin = card?.Origin ?? "from scratch";
            var native = options.Protocol == TrainingProtocol.Native;
            var labelled = LabelledSlices(options, data);
            var modelCard = new ModelCard
            {
                Kind = ModelFile.SegmenterKind,
                Network = options.Network,
                Preparation = data.Store.Options,
                DataFingerprint = data.Store.Fingerprint,
                Split = data.Split,
                Profile = place.Profile,
                Seed = options.Seed,
                Run = identity.Name,
                Origin = string.Create(CultureInfo.InvariantCulture, $"{origin}, {options.LabelFraction:0.##%} of the training {(options.OfSlices ? "slices" : "scans")} labelled{(native ? ", nnU-Net's own protocol" : "")}"),
                SeenScans = [.. TrainingSet.DigestsOf(data.Store, data.Split.Train).Concat(card?.SeenScans ?? []).Distinct()],
            };
            var settings = new LoopSettings
            {
                Stage = $"fine-tune {origin}",
                Epochs = options.Epochs,
                BatchSize = options.BatchSize,
                CheckpointShare = place.Compute.CheckpointShare,
                Schedule = ScheduleOf(options),
                Optimiser = native ? parameters => new SgdOptimiser(parameters) : parameters => new AdamOptimiser(parameters),
            };
            var validation = data.Split.Validation.Count == 0 ? [] : TrainingSet.SlicesOf(data.Store, data.Split.Validation, "validation");
            using var task = new FineTuneTask(
                options, data.Store, labelled, validation, pretrained, device, place.Compute.ResidentBytes,
                (run, network) => ModelFile.Save(run.File(WeightsName), network, modelCard));
            var end = new TrainingLoop(task, settings, folder, progress).Run(token);
            if (end.BestEpoch == 0)
            {
                task.KeepBest(folder);
            }

            var history = folder.ReadLog();
            using var kept = ModelFile.LoadSegmenter(folder.File(WeightsName), out _);
            return new RunResult
            {
                Kind = identity.Kind,
                Run = identity.Name,
                Folder = folder.Path,
                Weights = WeightsName,
                WeightsDigest = WeightsDigest.Of(kept),
                Profile = place.Profile,
                DataFingerprint = data.Store.Fingerprint,
                Seed = options.Seed,
                Arm = modelCard.Origin,
                Steps = end.Step,
                Items = labelled.Length,
                Scans = labelled.Select(slice => data.Store.Slices[slice].Scan).Distinct().Count(),
                Loss = history[^1].Loss,
                ValidationLoss = end.BestLoss,
                Epoch = end.BestEpoch == 0 ? options.Epochs : end.BestEpoch,
                Seconds = history.Sum(epoch => epoch.Seconds),
            };
        });
    }

    /// <summary>What identifies a fine-tuning.</summary>
    internal static RunIdentity IdentityOf(FineTuneOptions options, string? encoderDigest, TrainingData data, string profile) =>
        RunIdentity.Of(new RunConfig<FineTuneOptions>
        {
            Kind = "finetune",
            Profile = profile,
            DataFingerprint = data.Store.Fingerprint,
            Split = data.Split,
            Options = options,
            Arithmetic = MachineArithmetic.Identity,
            Encoder = encoderDigest,
        });

    /// <summary>Positions of the slices whose labels are used.</summary>
    /// <exception cref="DatasetException">A scan of the split is not in the store, or none keeps a slice.</exception>
    internal static int[] LabelledSlices(FineTuneOptions options, TrainingData data)
    {
        var (store, split) = (data.Store, data.Split);
        var training = TrainingSet.SlicesOf(store, split.Train, "training");
        return options.OfSlices
            ? [.. LabelFraction.OfSlices(training, options.LabelFraction, options.Seed)]
            : TrainingSet.SlicesOf(store, LabelFraction.Choose(TrainingSet.ScansWithSlices(store, split.Train), options.LabelFraction, options.Seed), "labelled");
    }

    private static LearningRateSchedule ScheduleOf(FineTuneOptions options) => new()
    {
        Rule = options switch
        {
            { Protocol: TrainingProtocol.Native } => LearningRateRule.PolynomialPerEpoch,
            { AuthorsSchedule: true } => LearningRateRule.AuthorsFineTuning,
            _ => LearningRateRule.CosineRestarts,
        },
        BaseRate = options.LearningRate,
        RestartEpochs = options.RestartEpochs,
        Epochs = options.Epochs,
    };

    private static void RefuseOtherBackbone(ModelCard card, NetworkOptions network, string encoder)
    {
        if (card.Network.Kind != network.Kind)
        {
            throw new WeightMismatchException(
                $"{encoder}: the encoder is that of a {card.Network.Backbone}, the network to fine-tune is a {network.Backbone}; give the encoder's own backbone, or pre-train this one.", encoder);
        }
    }

    /// <summary>A scan kept for validation or test must not have been seen in pre-training, under whatever name: its pixels would leak.</summary>
    private static void RefuseLeak(ModelCard card, TrainingData data, string encoder)
    {
        var (store, split) = (data.Store, data.Split);
        var kept = split.Validation.Concat(split.Test);
        var known = card.DataFingerprint == store.Fingerprint && card.Split is { } seen ? seen.Train : [];
        var digests = (card.SeenScans ?? []).ToHashSet(StringComparer.Ordinal);
        if (kept.Where(id => known.Contains(id) || digests.Contains(store.Scans[store.Find(id)].ContentHash)).ToList() is [var first, ..] shared)
        {
            throw new DatasetException(
                $"{encoder}: the encoder was pre-trained on {shared.Count} scans that this split keeps for validation or test, '{first}' among them; use the split of the pre-training.", encoder);
        }
    }
}
