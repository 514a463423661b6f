using System.Diagnostics;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Measures what a step of a training costs, by doing a few of its steps in a folder that is removed afterwards.</summary>
internal static class StepMeasurement
{
    private const int FewestSteps = 3, MostSteps = 20;
    private const double EnoughSeconds = 10;

    /// <summary>The median of steps after the first, which also sets things up, and the memory that they took.</summary>
    /// <param name="job">A pre-training or fine-tuning.</param>
    /// <param name="steps">Steps to measure; null for 20, or as many as fit into ten seconds, but at least 3.</param>
    /// <param name="token">Stops between steps.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static StepCost Of(StudyJob job, int? steps, CancellationToken token)
    {
        var folder = Directory.CreateDirectory(Path.Combine(job.Context.Results, $".measure-{Environment.ProcessId}-{Guid.NewGuid():N}")).FullName;
        try
        {
            return WithMemory(job, () => Seconds(job, folder, steps, token));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Adds the memory that the measurement took.</summary>
    /// <param name="job">The job measured.</param>
    /// <param name="seconds">Measures a step.</param>
    public static StepCost WithMemory(StudyJob job, Func<double> seconds)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        PeakMemory.Forget();
        var time = seconds();
        return new StepCost(time, PeakMemory.Bytes, job.Context.Compute.DeviceName() == DeviceChoice.Cpu ? null : NvidiaDriver.MemoryInUse());
    }

    private static double Seconds(StudyJob job, string folder, int? steps, CancellationToken token)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
        var stopwatch = new StepWatch(steps, enough);
        try
        {
            job.Work(job.Context.Compute, folder, stopwatch, enough.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The steps are done.
        }

        return stopwatch.StepSeconds;
    }

    private sealed class StepWatch(int? steps, CancellationTokenSource enough) : IProgress<ProgressReport>
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly List<double> ends = [];

        /// <summary>The median, so that a step with a checkpoint or a disturbance behind it does not count; a training of one step has only the time of that.</summary>
        public double StepSeconds => ends.Count == 1 ? ends[0] : ends.Zip(ends.Skip(1), (start, end) => end - start).Order().ElementAt((ends.Count - 1) / 2);

        public void Report(ProgressReport value)
        {
            ends.Add(watch.Elapsed.TotalSeconds);
            var done = ends.Count - 1;
            if (done >= (steps ?? MostSteps) || (steps is null && done >= FewestSteps && ends[^1] - ends[0] >= EnoughSeconds))
            {
                enough.Cancel();
            }
        }
    }
}
