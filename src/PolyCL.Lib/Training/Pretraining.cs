using PolyCL.Arithmetic;
using PolyCL.Core;
using PolyCL.Sampling;

namespace PolyCL.Training;

/// <summary>Pre-trains an encoder by contrast (paper §3.1, eqs. 1–4).</summary>
public static class Pretraining
{
    /// <summary>Name of the weight file in the run folder.</summary>
    public const string WeightsName = "encoder.safetensors";

    /// <summary>Counts what a strategy can draw from the training scans, before any training.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="data">Slices and scans.</param>
    /// <param name="custom">The user's strategy; given if and only if the settings name <see cref="Strategy.Custom"/>.</param>
    /// <exception cref="ArgumentException">The settings name Custom and no strategy is given, or the reverse.</exception>
    /// <exception cref="DatasetException">Nothing can be drawn.</exception>
    public static ExampleSelector Select(PretrainOptions options, TrainingData data, CustomStrategy? custom = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        if (custom is not null != (options.Selection.Strategy == Strategy.Custom))
        {
            throw new ArgumentException(
                $"The settings name the strategy {options.Selection.Name} and a custom strategy is {(custom is null ? "missing" : "given")}; give one with {nameof(Strategy.Custom)} and only then.",
                nameof(custom));
        }

        var (pool, store) = (Pool(options, data), data.Store);
        return custom is null
            ? ExampleSelector.Create(options.Selection, store.Slices, pool, options.Seed, store.CanBeAnchor)
            : ExampleSelector.Custom(custom, store.Slices, pool, options.Seed, options.Selection, store.CanBeAnchor);
    }

    /// <summary>Trains, or goes on where a killed process stopped, or returns the stored result of a finished run.</summary>
    /// <param name="options">Settings; with the data they fix the weights.</param>
    /// <param name="data">Slices and scans; pre-training sees the training part, without its labels' outlines.</param>
    /// <param name="place">Where the run works.</param>
    /// <param name="custom">The user's strategy with <see cref="Strategy.Custom"/>, else null; what it chooses is part of the run's identity.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="token">Stops after the present step; the state is saved.</param>
    /// <exception cref="ArgumentException">The network does not take slices of the store's size.</exception>
    /// <exception cref="RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="RunFailedException">The loss is no longer finite.</exception>
    /// <exception cref="OperationCanceledException">The token was set.</exception>
    public static RunResult Run(
        PretrainOptions options,
        TrainingData data,
        RunPlace place,
        CustomStrategy? custom = null,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(place);
        options.Network.CheckSize(data.Store.Size, data.Store.Size);
        var selector = Select(options, data, custom);
        place.Compute.ChooseArithmetic();
        var identity = IdentityOf(options, data, place.Profile, custom is null ? null : new CustomSelection(custom.Name, selector.PartnersDigest()!));
        return TrainingRun.Complete(identity, place, (folder, device) =>
        {
            AtomicFile.WriteText(folder.File("selection.json"), SettingsJson.ToText(selector.Summary));
            var arm = custom?.Name ?? NameOf(options.Selection.Strategy);
            var settings = new LoopSettings
            {
                Stage = $"pre-train {arm}",
                Epochs = options.Epochs,
                BatchSize = options.BatchSize,
                CheckpointShare = place.Compute.CheckpointShare,
                Schedule = new LearningRateSchedule { BaseRate = options.LearningRate, RestartEpochs = options.RestartEpochs },
            };
            using var task = new PretrainTask(options, data.Store, Pool(options, data), data.Split.Validation, selector, device, place.Compute.ResidentBytes);
            var end = new TrainingLoop(task, settings, folder, progress).Run(token);
            ModelFile.Save(folder.File(WeightsName), task.Encoder, new ModelCard
            {
                Kind = ModelFile.EncoderKind,
                Network = options.Network,
                EmbeddingSize = options.EmbeddingSize,
                Preparation = data.Store.Options,
                DataFingerprint = data.Store.Fingerprint,
                Split = data.Split,
                Profile = place.Profile,
                Seed = options.Seed,
                Run = identity.Name,
                Origin = arm,
                SeenScans = TrainingSet.DigestsOf(data.Store, data.Split.Train),
            });
            var history = folder.ReadLog();
            return new RunResult
            {
                Kind = identity.Kind,
                Run = identity.Name,
                Folder = folder.Path,
                Weights = WeightsName,
                WeightsDigest = WeightsDigest.Of(task.Encoder),
                Profile = place.Profile,
                DataFingerprint = data.Store.Fingerprint,
                Seed = options.Seed,
                Arm = arm,
                Steps = end.Step,
                Items = task.ItemCount,
                Scans = data.Split.Train.Count,
                Loss = history[^1].Loss,
                Probe = history[^1].Probe,
                Epoch = options.Epochs,
                Seconds = history.Sum(epoch => epoch.Seconds),
            };
        });
    }

    /// <summary>What identifies a pre-training.</summary>
    internal static RunIdentity IdentityOf(PretrainOptions options, TrainingData data, string profile, CustomSelection? custom = null) =>
        RunIdentity.Of(new RunConfig<PretrainOptions>
        {
            // Frozen views once went by the position, which is another in each epoch.
            AlgorithmVersion = options.Views.Frozen && !options.Selection.DrawsPartners ? 2 : 1,
            Kind = "pretrain",
            Profile = profile,
            DataFingerprint = data.Store.Fingerprint,
            Split = data.Split,
            Options = options,
            Arithmetic = MachineArithmetic.Identity,
            Custom = custom,
        });

    /// <summary>The name of a strategy's arm in the paper's tables.</summary>
    internal static string NameOf(Strategy strategy) => strategy switch
    {
        Strategy.Organ => "PolyCL-O",
        Strategy.Scan => "PolyCL-S",
        Strategy.Mixed => "PolyCL-M",
        Strategy.SimClr => "SimCLR",
        Strategy.SupCon => "SupCon",
        Strategy.Moco => "MoCo",
        Strategy.Byol => "BYOL",
        _ => "custom",
    };

    private static int[] Pool(PretrainOptions options, TrainingData data)
    {
        TrainingSet.SlicesOf(data.Store, data.Split.Train, "training");
        return SlicePool.Of(data.Store.Scans, data.Split.Train, options.Selection);
    }
}
