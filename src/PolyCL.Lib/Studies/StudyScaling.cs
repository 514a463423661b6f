namespace PolyCL.Studies;

/// <summary>How the time of a study falls with the number of workers, and where and why it stops falling.</summary>
/// <remarks>
/// A run uses one device: a study scales by its runs alone. So no number of workers is faster than the longest chain of jobs that need each other, and no
/// more workers find work than there are jobs that can run at once.
/// </remarks>
public sealed record StudyScaling
{
    /// <summary>Within this factor of the longest chain further workers count as useless: 1 %.</summary>
    private const double Near = 1.01;

    /// <summary>Seconds of all jobs that are left, one after the other.</summary>
    public required double TotalSeconds { get; init; }

    /// <summary>Seconds of the longest chain of jobs that need each other.</summary>
    public required double LongestChainSeconds { get; init; }

    /// <summary>Labels of the jobs of that chain, first to last; empty when nothing is left.</summary>
    public required IReadOnlyList<string> LongestChain { get; init; }

    /// <summary>Jobs that can run at the same time, at most.</summary>
    public required int MostAtOnce { get; init; }

    /// <summary>The fewest workers whose time is within 1 % of the longest chain; 0 when nothing is left.</summary>
    public required int EnoughWorkers { get; init; }

    /// <summary>The time for each number of workers asked for.</summary>
    public required IReadOnlyList<StudySchedule> Schedules { get; init; }

    /// <summary>Estimates how jobs scale.</summary>
    /// <param name="jobs">All jobs in the order in which they are taken, each behind the one that it needs; finished ones with 0 seconds.</param>
    /// <param name="workers">Numbers of workers.</param>
    /// <exception cref="ArgumentException">A number of workers is below 1, or a job comes before the one that it needs.</exception>
    public static StudyScaling Of(IReadOnlyList<ScheduleJob> jobs, IReadOnlyList<int> workers)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(workers);
        var schedules = workers.Select(count => StudySchedule.Of(jobs, count)).ToList();
        var ends = new double[jobs.Count];
        for (var job = 0; job < jobs.Count; job++)
        {
            ends[job] = jobs[job].Seconds + (jobs[job].After is { } before ? ends[before] : 0);
        }

        var longest = ends.DefaultIfEmpty(0).Max();
        var most = MostOf(jobs);
        return new StudyScaling
        {
            TotalSeconds = jobs.Sum(job => job.Seconds),
            LongestChainSeconds = longest,
            LongestChain = longest > 0 ? ChainTo(jobs, Array.IndexOf(ends, longest)) : [],
            MostAtOnce = most,
            EnoughWorkers = Enumerable.Range(1, most).FirstOrDefault(count => StudySchedule.Of(jobs, count).Seconds <= longest * Near),
            Schedules = schedules,
        };
    }

    /// <summary>The jobs that nothing left waits for: as each job needs one other at most, no larger number can run at once.</summary>
    private static int MostOf(IReadOnlyList<ScheduleJob> jobs)
    {
        var needed = new bool[jobs.Count];
        for (var job = jobs.Count - 1; job >= 0; job--)
        {
            if (jobs[job].After is { } before && (jobs[job].Seconds > 0 || needed[job]))
            {
                needed[before] = true;
            }
        }

        return Enumerable.Range(0, jobs.Count).Count(job => jobs[job].Seconds > 0 && !needed[job]);
    }

    private static List<string> ChainTo(IReadOnlyList<ScheduleJob> jobs, int last)
    {
        var chain = new List<string>();
        for (int? job = last; job is { } at; job = jobs[at].After)
        {
            if (jobs[at].Seconds > 0)
            {
                chain.Insert(0, jobs[at].Label);
            }
        }

        return chain;
    }
}
