using System.Globalization;
using PolyCL.Core;
using PolyCL.Models.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Where a run stands between two steps, but for the tensors.</summary>
internal sealed record RunPosition
{
    /// <summary>Steps done.</summary>
    public long Step { get; init; }

    /// <summary>Sum of the losses of the present epoch's steps.</summary>
    public double LossSum { get; init; }

    /// <summary>Seconds spent on the present epoch.</summary>
    public double Seconds { get; init; }

    /// <summary>Bytes of the log that belong to this state.</summary>
    public long LogLength { get; init; }

    /// <summary>Lowest validation loss so far, or null.</summary>
    public double? BestLoss { get; init; }

    /// <summary>Epoch of the lowest validation loss, counted from 1; 0 without one.</summary>
    public int BestEpoch { get; init; }

    /// <summary>CPU threads of the run, from its first step to its last: sums depend on them.</summary>
    public int Threads { get; init; }
}

/// <summary>Saves and restores everything a run needs to go on as if it had not stopped: weights, what the optimiser holds, position.</summary>
/// <remarks>Sampling, order, views and dropout are pure functions of (seed, epoch, position) and need no state.</remarks>
internal static class Checkpoint
{
    private const string PositionKey = "polycl.position";
    private const string StepCountsKey = "polycl.adam_steps";

    /// <summary>Writes the state; the old file stays whole until the new one is.</summary>
    public static void Save(string path, Module network, Optimiser optimiser, RunPosition position)
    {
        WeightFile.Write(path, Tensors(network, optimiser), new Dictionary<string, string>
        {
            [PositionKey] = SettingsJson.ToLine(position),
            [StepCountsKey] = string.Join(',', optimiser.StepCounts()),
        });
    }

    /// <summary>The CPU threads of the run that left a file, or null without a file or where it does not tell.</summary>
    public static int? ThreadsOf(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = WeightFile.Read(path);
        return file.Metadata.TryGetValue(PositionKey, out var position) && SettingsJson.Read<RunPosition>(position, path).Threads is > 0 and var threads ? threads : null;
    }

    /// <summary>Fills network and optimiser and returns the position.</summary>
    /// <exception cref="RunStateException">The file does not belong to this network and optimiser.</exception>
    public static RunPosition Restore(string path, Module network, Optimiser optimiser)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var file = WeightFile.Read(path);
        var targets = Tensors(network, optimiser);
        if (!file.Metadata.TryGetValue(PositionKey, out var position) || !file.Metadata.TryGetValue(StepCountsKey, out var counts)
            || targets.Count != file.Entries.Count
            || targets.Any(target => file.Find(target.Key) is not { } entry || entry.Type != target.Value.dtype || !entry.Shape.SequenceEqual(target.Value.shape)))
        {
            throw new RunStateException($"{path}: the checkpoint does not belong to this run; remove the run folder to start anew.", path);
        }

        foreach (var (name, target) in targets)
        {
            target.copy_(file.ReadTensor(name));
        }

        optimiser.SetStepCounts([.. counts.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => long.Parse(text, CultureInfo.InvariantCulture))]);
        return SettingsJson.Read<RunPosition>(position, path);
    }

    private static Dictionary<string, Tensor> Tensors(Module network, Optimiser optimiser) => network.state_dict()
        .Select(entry => KeyValuePair.Create("network/" + entry.Key, entry.Value))
        .Concat(optimiser.Tensors())
        .ToDictionary();
}
