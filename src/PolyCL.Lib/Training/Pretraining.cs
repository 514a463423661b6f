using PolyCL.Arithmetic;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Sampling;

namespace PolyCL.Training;

/// <summary>Pre-trains an encoder by contrast (paper §3.1, eqs. 1–4).</summary>
public static class Pretraining
{
    /// <summary>Name of the weight file in the run folder.</summary>
    public const string WeightsName = "encoder.safetensors";

    /// <summary>Counts what a strategy can draw from the training scans, before any training.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="store">Slices.</param>
    /// <param name="split">Scans.</param>
    /// <param name="custom">The user's strategy; given if and only if the settings name <see cref="Strategy.Custom"/>.</param>
    /// <exception cref="ArgumentException">The settings name Custom and no strategy is given, or the reverse.</exception>
    /// <exception cref="DatasetException">Nothing can be drawn.</exception>
    public static ExampleSelector Select(PretrainOptions options, SliceStore store, ScanSplit split, CustomStrategy? custom = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(split);
        if (custom is not null != (options.Selection.Strategy == Strategy.Custom))
        {
            throw new ArgumentException(
                $"The settings name the strategy {options.Selection.Name} and a custom strategy is {(custom is null ? "missing" : "given")}; give one with {nameof(Strategy.Custom)} and only then.",
                nameof(custom));
        }

        var pool = Pool(options, store, split);
        return custom is null
            ? ExampleSelector.Create(options.Selection, store.Slices, pool, options.Seed, store.CanBeAnchor)
            : ExampleSelector.Custom(custom, store.Slices, pool, options.Seed, options.Selection, store.CanBeAnchor);
    }

    /// <summary>Trains, or goes on where a killed process stopped, or returns the stored result of a finished run.</summary>
    /// <param name="options">Settings; with the data they fix the weights.</param>
    /// <param name="store">Slices.</param>
    /// <param name="split">Scans; pre-training sees the training part, without its labels' outlines.</param>
    /// <param name="compute">Device and threads.</param>
    /// <param name="results">Folder that holds one folder per run.</param>
    /// <param name="profile">Name of the profile the settings come from.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="token">Stops after the present step; the state is saved.</param>
    /// <exception cref="ArgumentException">The network does not take slices of the store's size.</exception>
    /// <exception cref="RunStateException">Another process works on the run, or its folder is damaged.</exception>
    /// <exception cref="RunFailedException">The loss is no longer finite.</exception>
    /// <exception cref="OperationCanceledException">The token was set.</exception>
    public static RunResult Run(
        PretrainOptions options,
        SliceStore store,
        ScanSplit split,
        ComputeOptions compute,
        string results,
        string profile,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default) =>
        Run(options, null, store, split, compute, results, profile, progress, token);

    /// <inheritdoc cref="Run(PretrainOptions, SliceStore, ScanSplit, ComputeOptions, string, string, IProgress{ProgressReport}?, CancellationToken)"/>
    /// <param name="custom">The user's strategy with <see cref="Strategy.Custom"/>, else null; what it chooses is part of the run's identity.</param>
#pragma warning disable CS1573 // The other parameters are inherited.
    public static RunResult Run(
        PretrainOptions options,
        CustomStrategy? custom,
        SliceStore store,
        ScanSplit split,
        ComputeOptions compute,
        string results,
        string profile,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
#pragma warning restore CS1573
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(compute);
        options.Network.CheckSize(store.Size, store.Size);
        var selector = Select(options, store, split, custom);
        compute.ChooseArithmetic();
        var config = ConfigOf(options, store, split, profile, custom is null ? null : new CustomSelection(custom.Name, selector.PartnersDigest()!));
        var name = RunFolder.NameOf("pretrain", config);
        using var folder = RunFolder.Open(Path.Combine(results, name), config, compute.ClaimExpiry);
        if (folder.IsFinished)
        {
            return folder.ReadResult();
        }

        var arm = custom?.Name ?? NameOf(options.Selection.Strategy);
        var device = compute.Open();
        RunEnvironment.Write(folder, compute);
        AtomicFile.WriteText(folder.File("selection.json"), SettingsJson.ToText(selector.Summary));
        using var task = new PretrainTask(options, store, Pool(options, store, split), split.Validation, selector, device, compute.ResidentBytes);
        var loop = new TrainingLoop(
            task,
            new LoopSettings
            {
                Stage = $"pre-train {arm}",
                Epochs = options.Epochs,
                BatchSize = options.BatchSize,
                CheckpointShare = compute.CheckpointShare,
                Schedule = new LearningRateSchedule { BaseRate = options.LearningRate, RestartEpochs = options.RestartEpochs },
            },
            folder,
            progress);
        var end = loop.Run(token);
        var history = TensorBoardExport.ReadLog(folder.LogFile).ToList();
        ModelFile.Save(folder.File(WeightsName), task.Encoder, new ModelCard
        {
            Kind = ModelFile.EncoderKind,
            Network = options.Network,
            EmbeddingSize = options.EmbeddingSize,
            Preparation = store.Options,
            DataFingerprint = store.Fingerprint,
            Split = split,
            Profile = profile,
            Seed = options.Seed,
            Run = name,
            Origin = arm,
            SeenScans = TrainingSet.DigestsOf(store, split.Train),
        });
        var result = new RunResult
        {
            Kind = "pretrain",
            Run = name,
            Folder = folder.Path,
            Weights = WeightsName,
            WeightsDigest = WeightsDigest.Of(task.Encoder),
            Profile = profile,
            DataFingerprint = store.Fingerprint,
            Seed = options.Seed,
            Arm = arm,
            Steps = end.Step,
            Items = task.ItemCount,
            Scans = split.Train.Count,
            Loss = history[^1].Loss,
            Probe = history[^1].Probe,
            Epoch = options.Epochs,
            Seconds = history.Sum(epoch => epoch.Seconds),
        };
        folder.Finish(result);
        return result;
    }

    /// <summary>The text that identifies a pre-training: the content of its <c>config.json</c>.</summary>
    internal static string ConfigOf(PretrainOptions options, SliceStore store, ScanSplit split, string profile, CustomSelection? custom = null) =>
        SettingsJson.ToText(new RunConfig<PretrainOptions>
        {
            Kind = "pretrain",
            Profile = profile,
            DataFingerprint = store.Fingerprint,
            Split = split,
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

    private static int[] Pool(PretrainOptions options, SliceStore store, ScanSplit split)
    {
        TrainingSet.SlicesOf(store, split.Train, "training");
        return SlicePool.Of(store.Scans, split.Train, options.Selection);
    }
}
