using TorchSharp.Modules;

namespace PolyCL.Training;

/// <summary>What the loop needs of a run's settings.</summary>
internal sealed record LoopSettings
{
    /// <summary>The name shown in progress.</summary>
    public required string Stage { get; init; }

    /// <summary>Passes over the items.</summary>
    public required int Epochs { get; init; }

    /// <summary>Items a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The learning rate of each step.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Share of the time that checkpoints may take, as in <see cref="ComputeOptions.CheckpointShare"/>.</summary>
    public required double CheckpointShare { get; init; }

    /// <summary>Makes the optimiser of the parameters.</summary>
    public Func<IReadOnlyList<Parameter>, Optimiser> Optimiser { get; init; } = parameters => new AdamOptimiser(parameters);
}
