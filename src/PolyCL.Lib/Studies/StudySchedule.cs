using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>How long a list of jobs takes some workers when each, once free, takes the first job of the list that can begin, as <see cref="StudyRunner"/> does.</summary>
/// <remarks>
/// The time is at least the work divided by the workers and at least the longest chain; by Graham's bound (SIAM J. Appl. Math. 17, 1969) it is at most
/// work / workers + (1 − 1 / workers) × longest chain. A worker more can make it longer, though seldom and not by much: a job that may begin earlier then takes the
/// place of one that others wait for.
/// </remarks>
public sealed record StudySchedule
{
    /// <summary>Processes, each on a device of its own.</summary>
    public required int Workers { get; init; }

    /// <summary>Seconds until the last job is finished.</summary>
    public required double Seconds { get; init; }

    /// <summary>Share of the workers' time in which they work, 0 to 1; 1 when there is nothing to do.</summary>
    public required double BusyShare { get; init; }

    /// <summary>Schedules jobs.</summary>
    /// <param name="jobs">The jobs in the order in which they are taken, each behind the one that it needs.</param>
    /// <param name="workers">Processes.</param>
    /// <exception cref="ArgumentException">There is no worker, or a job comes before the one that it needs.</exception>
    public static StudySchedule Of(IReadOnlyList<ScheduleJob> jobs, int workers)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        Check.Positive(workers, nameof(workers));
        var next = Successors(jobs);
        var ready = new SortedSet<int>(Enumerable.Range(0, jobs.Count).Where(job => jobs[job].After is null));
        var running = new PriorityQueue<int, double>();
        var now = 0.0;
        while (ready.Count > 0 || running.Count > 0)
        {
            while (ready.Count > 0 && running.Count < workers)
            {
                running.Enqueue(ready.Min, now + jobs[ready.Min].Seconds);
                ready.Remove(ready.Min);
            }

            // All jobs that end at the same moment, before anybody takes the next.
            running.TryPeek(out _, out now);
            while (running.TryPeek(out var done, out var end) && end == now)
            {
                running.Dequeue();
                ready.UnionWith(next[done]);
            }
        }

        return new StudySchedule { Workers = workers, Seconds = now, BusyShare = now > 0 ? Math.Min(1, jobs.Sum(job => job.Seconds) / (workers * now)) : 1 };
    }

    private static ILookup<int, int> Successors(IReadOnlyList<ScheduleJob> jobs)
    {
        for (var job = 0; job < jobs.Count; job++)
        {
            if (jobs[job].After is { } before && (before < 0 || before >= job))
            {
                throw new ArgumentException($"Job {job}, '{jobs[job].Label}', needs job {before}, which does not stand before it; put it behind.", nameof(jobs));
            }
        }

        return Enumerable.Range(0, jobs.Count).Where(job => jobs[job].After is not null).ToLookup(job => jobs[job].After!.Value);
    }
}
