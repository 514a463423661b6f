using System.Text.Json.Serialization;
using PolyCL.Data;

namespace PolyCL.Training;

/// <summary>Everything that fixes a run's result, in the order in which it is written to <c>config.json</c>.</summary>
/// <typeparam name="TOptions">Settings of the kind of run.</typeparam>
internal sealed record RunConfig<TOptions>
{
    /// <summary>Raised when a change of the code changes results for equal settings.</summary>
    public int AlgorithmVersion { get; init; } = 1;

    /// <summary>"pretrain" or "finetune".</summary>
    public required string Kind { get; init; }

    /// <summary>The profile's name.</summary>
    public required string Profile { get; init; }

    /// <summary>The store's fingerprint.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Scans to train on, to validate with, and to keep apart.</summary>
    public required ScanSplit Split { get; init; }

    /// <summary>The settings.</summary>
    public required TOptions Options { get; init; }

    /// <summary>Digest of the pre-trained encoder's weights, or null.</summary>
    public string? Encoder { get; init; }

    /// <summary>The way round a machine's wrong arithmetic, or that it was not heeded; null and not written where torch's own passed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Arithmetic { get; init; }

    /// <summary>The user's strategy, or null; then it is not written, so that runs without one keep their names.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CustomSelection? Custom { get; init; }
}

/// <summary>What identifies a user's strategy: functions cannot be hashed, what they choose can.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partners">Digest of all candidates and weights.</param>
internal sealed record CustomSelection(string Name, string Partners);
