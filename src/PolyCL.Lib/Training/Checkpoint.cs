using System.Globalization;
using PolyCL.Core;
using PolyCL.Models.Weights;
using TorchSharp.Modules;
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

    /// <summary>CPU threads of the process that saved; sums depend on them.</summary>
    public int Threads { get; init; }
}

/// <summary>Saves and restores everything a run needs to go on as if it had not stopped: weights, Adam's moments and steps, position.</summary>
/// <remarks>Sampling, order, views and dropout are pure functions of (seed, epoch, position) and need no state.</remarks>
internal static class Checkpoint
{
    private const string PositionKey = "polycl.position";
    private const string AdamStepsKey = "polycl.adam_steps";

    /// <summary>Writes the state; the old file stays whole until the new one is.</summary>
    public static void Save(string path, Module network, Adam optimizer, RunPosition position)
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, tensor) in network.state_dict())
        {
            tensors["network/" + name] = tensor;
        }

        var states = States(optimizer);
        for (var i = 0; i < states.Count; i++)
        {
            tensors[Moment("first", i)] = states[i].exp_avg;
            tensors[Moment("second", i)] = states[i].exp_avg_sq;
        }

        WeightFile.Write(path, tensors, new Dictionary<string, string>
        {
            [PositionKey] = SettingsJson.ToLine(position),
            [AdamStepsKey] = string.Join(',', states.Select(state => state.step)),
        });
    }

    /// <summary>Fills network and optimiser and returns the position.</summary>
    /// <exception cref="RunStateException">The file does not belong to this network.</exception>
    public static RunPosition Restore(string path, Module network, Adam optimizer)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var file = WeightFile.Read(path);
        var targets = network.state_dict().ToDictionary(entry => "network/" + entry.Key, entry => entry.Value);
        var states = States(optimizer);
        for (var i = 0; i < states.Count; i++)
        {
            targets[Moment("first", i)] = states[i].exp_avg;
            targets[Moment("second", i)] = states[i].exp_avg_sq;
        }

        if (!file.Metadata.TryGetValue(PositionKey, out var position) || !file.Metadata.TryGetValue(AdamStepsKey, out var steps)
            || targets.Count != file.Entries.Count
            || targets.Any(target => file.Find(target.Key) is not { } entry || entry.Type != target.Value.dtype || !entry.Shape.SequenceEqual(target.Value.shape)))
        {
            throw new RunStateException($"{path}: the checkpoint does not belong to this run; remove the run folder to start anew.", path);
        }

        foreach (var (name, target) in targets)
        {
            target.copy_(file.ReadTensor(name));
        }

        var counts = steps.Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToList();
        for (var i = 0; i < states.Count; i++)
        {
            states[i].step = counts[i];
        }

        return SettingsJson.Read<RunPosition>(position, path);
    }

    private static string Moment(string name, int index) => string.Create(CultureInfo.InvariantCulture, $"adam/{index}/{name}");

    /// <summary>The live states, in the order of the parameters.</summary>
    private static List<Adam.State> States(Adam optimizer) => [.. optimizer.state_dict().State.Cast<Adam.State>()];
}
