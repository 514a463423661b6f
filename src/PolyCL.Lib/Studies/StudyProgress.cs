using System.Diagnostics;
using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Turns the reports of one job into reports of the whole study: seconds gone, and seconds in all by measured step times.</summary>
internal sealed class StudyProgress(Study study, Func<StudyJob, bool> hasFailed, IProgress<ProgressReport>? sink, Stopwatch watch) : IProgress<ProgressReport>
{
    private const string Stage = "study";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly StudyCosts costs = new(study);
    private StudyJob? job;
    private (double Seconds, long Step)? first;
    private TimeSpan told;

    /// <summary>A job begins.</summary>
    public void Begin(StudyJob next)
    {
        (job, first) = (next, null);
        costs.Refresh();
        Tell(Left(except: null), Place(next));
    }

    /// <inheritdoc/>
    public void Report(ProgressReport value)
    {
        var now = watch.Elapsed;
        first ??= (now.TotalSeconds, value.Done);
        if (job is null || now - told < Pause)
        {
            return;
        }

        told = now;
        var (since, step) = first.Value;
        if (job.Kind is StudyJobKind.Pretrain or StudyJobKind.FineTune && value.Done > step)
        {
            costs.Note(job, (now.TotalSeconds - since) / (value.Done - step));
        }

        if (costs.Seconds(job) is { } whole)
        {
            var left = (whole * (1 - ((double)value.Done / Math.Max(1, value.Total)))) + Left(except: job);
            Tell(left, string.Create(CultureInfo.InvariantCulture, $"{Place(job)}, {value.Done}/{value.Total}{(value.Detail is { } words ? $", {words}" : "")}"), value.Loss);
        }
    }

    /// <summary>Nothing is left that no other process holds.</summary>
    public void Waiting(StudyJob? held) => Tell(Left(except: null), held?.Holder is { } holder ? $"{held.Label}: waiting for {holder}" : "waiting for other processes");

    /// <summary>All jobs are finished or failed.</summary>
    public void End()
    {
        var now = Whole(watch.Elapsed.TotalSeconds);
        sink?.Report(new ProgressReport(Stage, now, now, "finished"));
    }

    private string Place(StudyJob one) =>
        string.Create(CultureInfo.InvariantCulture, $"{study.Jobs.Count(other => other.State == StudyJobState.Finished) + 1}/{study.Jobs.Count} {one.Label}");

    private double Left(StudyJob? except) =>
        study.Jobs.Where(other => other != except && !hasFailed(other) && other.State != StudyJobState.Finished).Sum(other => costs.Seconds(other) ?? 0);

    private void Tell(double left, string detail, double? loss = null)
    {
        var now = watch.Elapsed.TotalSeconds;
        sink?.Report(new ProgressReport(Stage, Whole(now), Whole(now) + Math.Max(1, Whole(left)), detail, loss));
    }

    private static long Whole(double seconds) => (long)Math.Ceiling(seconds);
}
