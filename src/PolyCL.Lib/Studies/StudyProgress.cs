using System.Diagnostics;
using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Turns the reports of one job into reports of the whole study: seconds gone, and seconds in all by measured step times.</summary>
internal sealed class StudyProgress(Study study, Func<StudyJob, bool> hasFailed, IProgress<ProgressReport>? sink, Stopwatch watch) : IProgress<ProgressReport>
{
    private const string Stage = "study";
    private readonly StudyCosts costs = new(study);
    private StudyJob? job;
    private double secondsAtFirst;
    private long stepAtFirst;
    private double secondsOfOthers;

    /// <summary>A job begins.</summary>
    public void Begin(StudyJob next)
    {
        job = next;
        stepAtFirst = -1;
        costs.Refresh();
        secondsOfOthers = study.Jobs.Where(other => other != next && other.State != StudyJobState.Finished && !hasFailed(other)).Sum(other => costs.Seconds(other) ?? 0);
    }

    /// <inheritdoc/>
    public void Report(ProgressReport value)
    {
        if (job is null)
        {
            return;
        }

        var now = watch.Elapsed.TotalSeconds;
        if (stepAtFirst < 0)
        {
            (stepAtFirst, secondsAtFirst) = (value.Done, now);
        }
        else if (job.Kind != StudyJobKind.Evaluate && value.Done > stepAtFirst)
        {
            costs.Note(job, (now - secondsAtFirst) / (value.Done - stepAtFirst));
            if (secondsOfOthers == 0)
            {
                Begin(job);
                (stepAtFirst, secondsAtFirst) = (value.Done, now);
            }
        }

        if (costs.StepSeconds(job) is { } stepSeconds)
        {
            // An evaluation reports scans, its cost is counted in slices.
            var left = stepSeconds * job.Steps * (1 - ((double)value.Done / Math.Max(1, value.Total)));
            Tell(now, now + left + secondsOfOthers, value);
        }
    }

    /// <summary>Nothing is left that no other process holds.</summary>
    public void Waiting(StudyJob? held)
    {
        var now = watch.Elapsed.TotalSeconds;
        var left = study.Jobs.Where(other => other.State != StudyJobState.Finished && !hasFailed(other)).Sum(other => costs.Seconds(other) ?? 0);
        sink?.Report(new ProgressReport(Stage, Whole(now), Whole(now + Math.Max(1, left)), held is null ? "waiting" : $"{held.Label}: waiting for {held.Holder}"));
    }

    /// <summary>All jobs are finished or failed.</summary>
    public void End() => sink?.Report(new ProgressReport(Stage, Whole(watch.Elapsed.TotalSeconds), Whole(watch.Elapsed.TotalSeconds), "finished"));

    private void Tell(double now, double total, ProgressReport value)
    {
        var done = study.Jobs.Count(other => other != job && other.State == StudyJobState.Finished);
        var detail = string.Create(CultureInfo.InvariantCulture, $"{done + 1}/{study.Jobs.Count} {job!.Label}, {value.Done}/{value.Total}{(value.Detail is { } words ? $", {words}" : "")}");
        sink?.Report(new ProgressReport(Stage, Whole(now), Math.Max(Whole(now) + 1, Whole(total)), detail, value.Loss));
    }

    private static long Whole(double seconds) => (long)Math.Ceiling(seconds);
}
