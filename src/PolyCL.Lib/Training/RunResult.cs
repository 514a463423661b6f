using System.Text.Json.Serialization;
using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>What a finished training leaves in <c>result.json</c>.</summary>
public sealed record RunResult
{
    /// <summary>"pretrain" or "finetune".</summary>
    public required string Kind { get; init; }

    /// <summary>Name of the run.</summary>
    public required string Run { get; init; }

    /// <summary>The run's folder, where it lies now.</summary>
    public required string Folder { get; init; }

    /// <summary>Weights, a file in the folder.</summary>
    public required string Weights { get; init; }

    /// <summary>SHA-256 over names, shapes and bytes of the weights.</summary>
    public required string WeightsDigest { get; init; }

    /// <summary>smoke, quick, paper or custom.</summary>
    public required string Profile { get; init; }

    /// <summary>The store's fingerprint.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Strategy of a pre-training, or where a fine-tuning starts from.</summary>
    public required string Arm { get; init; }

    /// <summary>Steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Anchors of a pre-training or labelled slices of a fine-tuning.</summary>
    public required int Items { get; init; }

    /// <summary>Scans those come from.</summary>
    public required int Scans { get; init; }

    /// <summary>Mean training loss of the last epoch.</summary>
    public required double Loss { get; init; }

    /// <summary>Lowest validation loss, or null.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>What the embeddings tell after the last epoch of a pre-training with probes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmbeddingProbe? Probe { get; init; }

    /// <summary>Epoch whose weights were kept, counted from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Seconds of training, over all processes that worked on it.</summary>
    public required double Seconds { get; init; }

    /// <summary>Reads the run's log: one entry per epoch, in order.</summary>
    /// <exception cref="RunStateException">A line of the log is damaged.</exception>
    public IReadOnlyList<EpochLog> ReadEpochs() => [.. RunLog.Read(RunFolder.LogFileIn(Folder))];

    /// <summary>Full path of the weights.</summary>
    public string WeightsPath() => Path.Combine(Folder, Weights);
}
