using System.Globalization;
using PolyCL.Arithmetic;
using PolyCL.Core;
using PolyCL.Data;
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
    /// <param name="store">Slices.</param>
    /// <param name="split">Scans; a pre-trained encoder must have been trained with the same one.</param>
    /// <param name="compute">Device and threads.</param>
    /// <param name="results">Folder that holds one folder per run.</param>
    /// <param name="profile">Name of the profile the settings come from.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="token">Stops after the present step; the state is saved.</param>
    /// <exception cref="ArgumentException">The network does not take slices of the store's size, or the protocol is another network's.</exception>
    /// <exception cref="DatasetException">The encoder has seen scans that this split keeps for validation or test, or no labelled slice shows the organ that the protocol wants.</exception>
    /// <exception cref="WeightMismatchException">The encoder does not fit the network.</exception>
    /// <exception cref="RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="RunFailedException">The loss is no longer finite.</exception>
    /// <exception cref="OperationCanceledException">The token was set.</exception>
    public static RunResult Run(
        FineTuneOptions options,
        string? encoder,
        SliceStore store,
        ScanSplit split,
        ComputeOptions compute,
        string results,
        string profile,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(compute);
        options.Validate();
        options.Network.CheckSize(store.Size, store.Size);
        ModelCard? card = null;
        using var pretrained = encoder is null ? null : ModelFile.LoadEncoder(encoder, out card);
        if (card is not null)
        {
            RefuseOtherBackbone(card, options.Network, encoder!);
            RefuseLeak(card, store, split, encoder!);
        }

        var origin = card?.Origin ?? "from scratch";
        var native = options.Protocol == TrainingProtocol.Native;
        compute.ChooseArithmetic();
        var config = ConfigOf(options, pretrained is null ? null : WeightsDigest.Of(pretrained), store, split, profile);
        var name = RunFolder.NameOf("finetune", config);
        using var folder = RunFolder.Open(Path.Combine(results, name), config, compute.ClaimExpiry);
        if (folder.IsFinished)
        {
            return folder.ReadResult();
        }

        var device = compute.Open();
        RunEnvironment.Write(folder, compute);
        var labelled = LabelledSlices(options, store, split);
        var scans = labelled.Select(slice => store.Slices[slice].Scan).Distinct().Count();
        var validation = split.Validation.Count == 0 ? [] : TrainingSet.SlicesOf(store, split.Validation, "validation");
        var modelCard = new ModelCard
        {
            Kind = ModelFile.SegmenterKind,
            Network = options.Network,
            Preparation = store.Options,
            DataFingerprint = store.Fingerprint,
            Split = split,
            Profile = profile,
            Seed = options.Seed,
            Run = name,
            Origin = string.Create(CultureInfo.InvariantCulture, $"{origin}, {options.LabelFraction:0.##%} of the training {(options.OfSlices ? "slices" : "scans")} labelled{(native ? ", nnU-Net's own protocol" : "")}"),
            SeenScans = [.. TrainingSet.DigestsOf(store, split.Train).Concat(card?.SeenScans ?? []).Distinct()],
        };
        using var task = new FineTuneTask(
            options, store, labelled, validation, pretrained, device, compute.ResidentBytes,
            (run, network) => ModelFile.Save(run.File(WeightsName), network, modelCard));
        var loop = new TrainingLoop(
            task,
            new LoopSettings
            {
                Stage = $"fine-tune {origin}",
                Epochs = options.Epochs,
                BatchSize = options.BatchSize,
                CheckpointShare = compute.CheckpointShare,
                Schedule = ScheduleOf(options),
                Optimiser = native ? parameters => new SgdOptimiser(parameters) : parameters => new AdamOptimiser(parameters),
            },
            folder,
            progress);
        var end = loop.Run(token);
        if (end.BestEpoch == 0)
        {
            task.KeepBest(folder);
        }

        var history = TensorBoardExport.ReadLog(folder.LogFile).ToList();
        using var kept = ModelFile.LoadSegmenter(folder.File(WeightsName), out _);
        var result = new RunResult
        {
            Kind = "finetune",
            Run = name,
            Folder = folder.Path,
            Weights = WeightsName,
            WeightsDigest = WeightsDigest.Of(kept),
            Profile = profile,
            DataFingerprint = store.Fingerprint,
            Seed = options.Seed,
            Arm = modelCard.Origin,
            Steps = end.Step,
            Items = labelled.Length,
            Scans = scans,
            Loss = history[^1].Loss,
            ValidationLoss = end.BestLoss,
            Epoch = end.BestEpoch == 0 ? options.Epochs : end.BestEpoch,
            Seconds = history.Sum(epoch => epoch.Seconds),
        };
        folder.Finish(result);
        return result;
    }

    /// <summary>The text that identifies a fine-tuning: the content of its <c>config.json</c>.</summary>
    internal static string ConfigOf(FineTuneOptions options, string? encoderDigest, SliceStore store, ScanSplit split, string profile) =>
        SettingsJson.ToText(new RunConfig<FineTuneOptions>
        {
            Kind = "finetune",
            Profile = profile,
            DataFingerprint = store.Fingerprint,
            Split = split,
            Options = options,
            Arithmetic = MachineArithmetic.Identity,
            Encoder = encoderDigest,
        });

    /// <summary>Positions of the slices whose labels are used.</summary>
    /// <exception cref="DatasetException">A scan of the split is not in the store, or none keeps a slice.</exception>
    internal static int[] LabelledSlices(FineTuneOptions options, SliceStore store, ScanSplit split)
    {
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
    private static void RefuseLeak(ModelCard card, SliceStore store, ScanSplit split, string encoder)
    {
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
