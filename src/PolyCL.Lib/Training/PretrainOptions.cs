using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Sampling;

namespace PolyCL.Training;

/// <summary>How an encoder is pre-trained by contrast; the defaults are the paper's (§4.2).</summary>
public sealed record PretrainOptions
{
    /// <summary>Which slices are positive and negative.</summary>
    public StrategyOptions Selection { get; init; } = new();

    /// <summary>How the two views of a slice differ; PolyCL's strategies take slices as they are.</summary>
    public ViewOptions Views { get; init; } = new();

    /// <summary>Settings of MoCo and BYOL.</summary>
    public MomentumOptions Momentum { get; init; } = new();

    /// <summary>The network whose encoder is trained.</summary>
    public NetworkOptions Network { get; init; } = new UNetOptions();

    /// <summary>Length of the embedding, E.</summary>
    public int EmbeddingSize { get; init => field = Check.Positive(value, nameof(EmbeddingSize)); } = ContrastiveEncoder.PaperEmbeddingSize;

    /// <summary>Passes over the anchors.</summary>
    public int Epochs { get; init => field = Check.Positive(value, nameof(Epochs)); } = 100;

    /// <summary>Anchors in a minibatch, M in the paper.</summary>
    public int BatchSize { get; init => field = Check.Positive(value, nameof(BatchSize)); } = 20;

    /// <summary>Adam's learning rate at each restart of the schedule.</summary>
    public double LearningRate { get; init => field = Check.Positive(value, nameof(LearningRate)); } = 1e-4;

    /// <summary>Epochs between warm restarts of the cosine schedule.</summary>
    public int RestartEpochs { get; init => field = Check.Positive(value, nameof(RestartEpochs)); } = 10;

    /// <summary>Epochs between probes of the embeddings of the validation slices, or 0 for none; they change no weight.</summary>
    public int ProbeEvery { get; init => field = Check.NotNegative(value, nameof(ProbeEvery)); } = 10;

    /// <summary>Temperature of the loss, or null for the strategy's own: 1/M for PolyCL (eq. 4), 0.1 for SimCLR and SupCon, 0.07 for MoCo.</summary>
    public double? Temperature { get; init => field = value is { } given ? Check.Positive(given, nameof(Temperature)) : null; }

    /// <summary>Seed of initialisation, order, draws and dropout.</summary>
    public long Seed { get; init; }

    /// <summary>The temperature in force.</summary>
    public double ResolvedTemperature => Temperature ?? Selection.Strategy switch
    {
        Strategy.SimClr or Strategy.SupCon => 0.1,
        Strategy.Moco => 0.07,
        _ => 1.0 / BatchSize,
    };
}
