using System.Diagnostics;
using System.Globalization;
using PolyCL.Arithmetic;
using PolyCL.Core;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Runs a training from wherever its folder stands to its last epoch, with one learning rate per step.</summary>
/// <remarks>
/// A checkpoint is written after a step whenever checkpoints have cost at most a share of the run's time so far, usually 2 %: on a CPU that is nearly
/// every step, on a GPU about every second. Killing the process loses what was done since, and nothing else: the rerun replays it exactly.
/// </remarks>
internal sealed class TrainingLoop(TrainingTask task, LoopSettings settings, RunFolder folder, IProgress<ProgressReport>? progress)
{
    private readonly Stopwatch checkpointTime = new();
    private readonly Stopwatch epochTime = new();
    private RunPosition position = new();
    private double earlierSeconds;
    private EmbeddingProbe? probe;

    /// <summary>Steps of one epoch; the last may be short.</summary>
    public int StepsPerEpoch { get; } = Sampling.EpochOrder.BatchCount(task.ItemCount, settings.BatchSize);

    /// <summary>Runs to the end; returns where the run ended.</summary>
    /// <exception cref="OperationCanceledException">The token was set; the state is saved.</exception>
    /// <exception cref="RunFailedException">A loss was not finite.</exception>
    /// <exception cref="RunStateException">Another process took the run over.</exception>
    public RunPosition Run(CancellationToken token)
    {
        Parameter[] parameters = [.. task.Network.parameters().Where(parameter => parameter.requires_grad)];
        using var optimiser = settings.Optimiser(parameters);
        if (File.Exists(folder.CheckpointFile))
        {
            position = Checkpoint.Restore(folder.CheckpointFile, task.Network, optimiser);
        }

        using var log = RunLog.Open(folder.LogFile, position.LogLength);
        var board = new TensorBoardExport(folder);
        var total = (long)StepsPerEpoch * settings.Epochs;
        var started = Stopwatch.StartNew();
        earlierSeconds = position.Seconds;
        epochTime.Restart();
        for (var epoch = (int)(position.Step / StepsPerEpoch); epoch < settings.Epochs; epoch++)
        {
            task.BeginEpoch(epoch);
            task.Network.train();
            while (position.Step < (epoch + 1L) * StepsPerEpoch)
            {
                if (token.IsCancellationRequested)
                {
                    Save(optimiser, log);
                    token.ThrowIfCancellationRequested();
                }

                Step(optimiser, epoch);
                Report(epoch, total);
                if (position.Step == (epoch + 1L) * StepsPerEpoch)
                {
                    EndEpoch(epoch, log, board);
                }

                if (checkpointTime.Elapsed.TotalSeconds <= settings.CheckpointShare * started.Elapsed.TotalSeconds)
                {
                    Save(optimiser, log);
                }
            }
        }

        Save(optimiser, log);
        return position;
    }

    private void Step(Optimiser optimiser, int epoch)
    {
        using var scope = NewDisposeScope();
        var index = position.Step - ((long)epoch * StepsPerEpoch);
        var start = checked((int)(index * settings.BatchSize));
        task.BeginStep(position.Step);
        task.Network.zero_grad();
        var loss = task.Loss(epoch, start, Math.Min(settings.BatchSize, task.ItemCount - start));
        loss.backward();
        optimiser.Step(settings.Schedule.Rate(position.Step, StepsPerEpoch));
        var value = loss.ToDouble();
        if (!double.IsFinite(value))
        {
            throw new RunFailedException(string.Create(
                CultureInfo.InvariantCulture,
                $"The loss of step {position.Step} (epoch {epoch + 1}) is {value}. {char.ToUpperInvariant(MachineArithmetic.Words[0])}{MachineArithmetic.Words[1..]}. {Causes(position.Step, settings.Schedule.Rate(position.Step, StepsPerEpoch))}"));
        }

        position = position with { Step = position.Step + 1, LossSum = position.LossSum + value };
    }

    /// <summary>The likely causes of a loss that is not finite, likeliest first.</summary>
    private static string Causes(long step, double rate) => step == 0
        ? "Likely causes in this order: weights the training starts from that are not finite; slices that are not finite; bfloat16 where fp32 is needed."
        : string.Create(CultureInfo.InvariantCulture, $"Likely causes in this order: a learning rate too high (now {rate:g3}); bfloat16 where fp32 is needed; slices that are not finite.");

    private void Report(int epoch, long total)
    {
        var done = position.Step - ((long)epoch * StepsPerEpoch);
        var loss = position.LossSum / done;
        var detail = string.Create(CultureInfo.InvariantCulture, $"epoch {epoch + 1}/{settings.Epochs}, loss {loss:0.0000}");
        progress?.Report(new ProgressReport(settings.Stage, position.Step, total, probe is null ? detail : $"{detail}, {probe.ToWords()}", loss));
    }

    private void EndEpoch(int epoch, RunLog log, TensorBoardExport board)
    {
        folder.ThrowIfLost();
        var validation = task.Validate();
        if (validation is { } value && (position.BestLoss is not { } best || value < best))
        {
            task.KeepBest(folder);
            position = position with { BestLoss = value, BestEpoch = epoch + 1 };
        }

        var measured = task.Probe(epoch + 1);
        probe = measured ?? probe;
        var entry = new EpochLog
        {
            Epoch = epoch + 1,
            Step = position.Step,
            Loss = position.LossSum / StepsPerEpoch,
            ValidationLoss = validation,
            Probe = measured,
            LearningRate = settings.Schedule.Rate(position.Step - 1, StepsPerEpoch),
            Seconds = earlierSeconds + epochTime.Elapsed.TotalSeconds,
        };
        log.Write(entry);
        board.Write(entry);
        position = position with { LossSum = 0, LogLength = log.Length };
        earlierSeconds = 0;
        epochTime.Restart();
    }

    private void Save(Optimiser optimiser, RunLog log)
    {
        folder.ThrowIfLost();
        checkpointTime.Start();
        position = position with
        {
            Seconds = earlierSeconds + epochTime.Elapsed.TotalSeconds,
            LogLength = log.Length,
            Threads = get_num_threads(),
        };
        Checkpoint.Save(folder.CheckpointFile, task.Network, optimiser, position);
        checkpointTime.Stop();
    }
}
