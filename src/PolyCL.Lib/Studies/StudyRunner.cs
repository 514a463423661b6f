using System.Diagnostics;
using System.Runtime.InteropServices;
using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>Runs what is missing of a study. Any number of runners work on one folder of results: each takes what no other holds.</summary>
public static class StudyRunner
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Does every job that is missing and goes on with interrupted ones; comes back to those that other processes hold, until all are finished or failed.</summary>
    /// <remarks>A job that fails is recorded and the others go on; what failed before this call is tried once more.</remarks>
    /// <param name="study">The study.</param>
    /// <param name="progress">Told of the whole study: seconds gone and, as total, with those left by measured step times.</param>
    /// <param name="token">Stops after the present step; the state is saved and a later call goes on there.</param>
    /// <exception cref="ArgumentException">The device is not there.</exception>
    /// <exception cref="RunStateException">The study has some jobs only, and one that they need is not finished and nobody works on it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static StudyOutcome Run(Study study, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        study.Context.Compute.Open();
        WaitForNeeded(study, progress, token);
        var watch = Stopwatch.StartNew();
        var before = study.Jobs.Count(job => job.State == StudyJobState.Finished);
        foreach (var job in study.Jobs.Where(job => job.After is null or { State: StudyJobState.Finished } && job.State == StudyJobState.Failed))
        {
            job.ClearError();
        }

        var failed = new Dictionary<StudyJob, string>();
        var display = new StudyProgress(study, failed.ContainsKey, progress, watch);
        var done = 0;
        while (Open(study, failed) is { Count: > 0 } open)
        {
            token.ThrowIfCancellationRequested();
            var next = open.FirstOrDefault(job => job.State is StudyJobState.Missing or StudyJobState.Interrupted);
            if (next is null || !TryRun(next, failed, display, token, ref done))
            {
                display.Waiting(open.FirstOrDefault(job => job.State == StudyJobState.Running));
                token.WaitHandle.WaitOne(Pause);
            }
        }

        display.End();
        var finished = study.Jobs.Count(job => job.State == StudyJobState.Finished);
        return new StudyOutcome
        {
            Jobs = study.Jobs.Count,
            FinishedBefore = before,
            Done = done,
            DoneByOthers = Math.Max(0, finished - before - done),
            Failed = study.Jobs.Where(job => job.State == StudyJobState.Failed || failed.ContainsKey(job))
                .ToDictionary(job => job.Label, job => failed.GetValueOrDefault(job) ?? job.Error ?? "failed"),
            RowsWithout = study.RowsWithout,
            Seconds = watch.Elapsed.TotalSeconds,
        };
    }

    /// <summary>Waits for jobs outside of the study that its jobs need: while others work on them, and as long as a file server may hide a result that is there.</summary>
    private static void WaitForNeeded(Study study, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var needed = study.Jobs.Select(job => job.After).OfType<StudyJob>().Except(study.Jobs).ToList();
        var idle = Stopwatch.StartNew();
        while (needed.FirstOrDefault(job => job.State != StudyJobState.Finished) is { } open)
        {
            var (state, error) = open.Read();
            if (state == StudyJobState.Running)
            {
                idle.Restart();
            }
            else if (state == StudyJobState.Failed || idle.Elapsed > study.Context.Compute.ClaimExpiry)
            {
                throw new RunStateException($"'{open.Label}' must be finished first and is {state.ToString().ToLowerInvariant()}{(error is null ? "" : $": {error}")}; run it, then this again.");
            }

            progress?.Report(new ProgressReport("study", 0, 0, $"waiting for {open.Label}"));
            token.ThrowIfCancellationRequested();
            token.WaitHandle.WaitOne(Pause);
        }
    }

    /// <summary>Jobs that may still come to an end.</summary>
    private static List<StudyJob> Open(Study study, Dictionary<StudyJob, string> failed)
    {
        foreach (var job in study.Jobs.Where(job => job.After is { } after && failed.ContainsKey(after)))
        {
            failed.TryAdd(job, $"{job.After!.Label} failed: {failed[job.After]}");
        }

        return [.. study.Jobs.Where(job => !failed.ContainsKey(job) && job.State is not (StudyJobState.Finished or StudyJobState.Failed))];
    }

    /// <summary>Does a job; false when another process was faster to take it.</summary>
    private static bool TryRun(StudyJob job, Dictionary<StudyJob, string> failed, StudyProgress display, CancellationToken token, ref int done)
    {
        try
        {
            display.Begin(job);
            job.Run(display, token);
            done++;
            return true;
        }
        catch (RunStateException e) when (e.IsHeld)
        {
            return false;
        }
        catch (Exception e) when (e is RunFailedException or PolyClException or ArgumentException or IOException or UnauthorizedAccessException or ExternalException)
        {
            job.RecordError(e);
            failed[job] = e.Message.Split('\n')[0];
            return true;
        }
    }
}
