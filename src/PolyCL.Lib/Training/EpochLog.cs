using System.Text.Json.Serialization;

namespace PolyCL.Training;

/// <summary>One line of <c>log.jsonl</c>: an epoch of a run.</summary>
public sealed record EpochLog
{
    /// <summary>Epoch, counted from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps done since the start of the run.</summary>
    public required long Step { get; init; }

    /// <summary>Mean training loss over the epoch's steps.</summary>
    public required double Loss { get; init; }

    /// <summary>Validation loss, or null when the run has no validation.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>What the embeddings of the validation slices tell, in epochs that end with a probe.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmbeddingProbe? Probe { get; init; }

    /// <summary>Learning rate of the epoch's last step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Seconds the epoch took in the process that finished it.</summary>
    public required double Seconds { get; init; }
}
