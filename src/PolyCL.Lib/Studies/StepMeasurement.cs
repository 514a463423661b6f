using System.Diagnostics;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Measures what a step of a training costs, by doing a few of its steps in a folder that is removed afterwards.</summary>
internal static class StepMeasurement
{
    private const int Steps = 3;

    /// <summary>Seconds a step: over three steps after the first, which also sets things up.</summary>
    /// <param name="job">A pre-training or fine-tuning.</param>
    /// <param name="token">Stops between steps.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static double Of(StudyJob job, CancellationToken token)
    {
        var folder = Directory.CreateDirectory(Path.Combine(job.Context.Results, $".measure-{Environment.ProcessId}-{Guid.NewGuid():N}")).FullName;
        try
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
            var counter = new Counter(enough);
            try
            {
                job.Work(job.Context.Compute, folder, counter, enough.Token);
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                // The steps are done.
            }

            return counter.StepSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Counter(CancellationTokenSource enough) : IProgress<ProgressReport>
    {
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private double? first;
        private double last;
        private long done;

        /// <summary>A training of one step has only the time of that.</summary>
        public double StepSeconds => first is { } start && done > 1 ? (last - start) / (done - 1) : last;

        public void Report(ProgressReport value)
        {
            (last, done) = (watch.Elapsed.TotalSeconds, value.Done);
            first ??= last;
            if (done > Steps)
            {
                enough.Cancel();
            }
        }
    }
}
