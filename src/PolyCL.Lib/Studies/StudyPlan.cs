using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>One job of a plan.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Table">Table of an evaluation; null for trainings, which all tables share.</param>
/// <param name="Row">Label of its row.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Name">Name of its run, or null while that depends on weights that are not there.</param>
/// <param name="State">How it stands.</param>
/// <param name="Holder">Who works on it, or null.</param>
/// <param name="Error">Why it failed, or null.</param>
/// <param name="Steps">Steps in all, or slices of an evaluation.</param>
/// <param name="StepSeconds">Measured or derived seconds a step, or null.</param>
/// <param name="SecondsLeft">Estimated seconds that it still needs; 0 when finished.</param>
/// <param name="After">Position in the plan of the job that must be finished before, or null.</param>
/// <param name="MemoryBytes">Measured peak of a process that does it, or null.</param>
/// <param name="DeviceMemoryBytes">Measured use of the GPU's memory, or null.</param>
public sealed record PlannedJob(
    StudyJobKind Kind,
    int? Table,
    string Row,
    long Seed,
    string? Name,
    StudyJobState State,
    string? Holder,
    string? Error,
    long Steps,
    double? StepSeconds,
    double? SecondsLeft,
    int? After,
    long? MemoryBytes,
    long? DeviceMemoryBytes);

/// <summary>What of a study is there, what is missing, and how long that takes on devices like this machine's.</summary>
public sealed record StudyPlan
{
    /// <summary>The tables.</summary>
    public required IReadOnlyList<int> Tables { get; init; }

    /// <summary>Profile of the runs.</summary>
    public required string Profile { get; init; }

    /// <summary>Runs per row.</summary>
    public required int Repeats { get; init; }

    /// <summary>All jobs in the order in which they run.</summary>
    public required IReadOnlyList<PlannedJob> Jobs { get; init; }

    /// <summary>Rows that cannot run, with what they need.</summary>
    public required IReadOnlyDictionary<string, string> RowsWithout { get; init; }

    /// <summary>Hours for some numbers of processes, each on a device of its own; null without any measured step.</summary>
    public required StudyScaling? Scaling { get; init; }

    /// <summary>Jobs that are finished.</summary>
    public int Finished => Jobs.Count(job => job.State == StudyJobState.Finished);

    /// <summary>Jobs that are not.</summary>
    public int Missing => Jobs.Count - Finished;

    /// <summary>Estimated hours for what is missing, by one process; null without any measured step.</summary>
    public double? Hours => Jobs.Any(job => job.SecondsLeft is null) ? null : Jobs.Sum(job => job.SecondsLeft!.Value) / 3600;

    /// <summary>Reads how a study stands; step times come from its finished runs, the others are measured over a few steps.</summary>
    /// <param name="study">The study.</param>
    /// <param name="options">How to estimate; null for the defaults.</param>
    /// <param name="progress">Told before every measurement.</param>
    /// <param name="token">Stops between steps.</param>
    public static StudyPlan Of(Study study, StudyPlanOptions? options = null, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        options ??= new StudyPlanOptions();
        var costs = new StudyCosts(study);
        costs.Refresh();
        if (options.MeasureSteps != 0)
        {
            Measure(study, costs, options.MeasureSteps, progress, token);
        }

        var positions = study.Jobs.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        List<PlannedJob> jobs = [.. study.Jobs.Select(job => Planned(job, costs, job.After is { } before && positions.TryGetValue(before, out var position) ? position : null))];
        return new StudyPlan
        {
            Tables = study.Options.Tables,
            Profile = study.Options.FineTuneProfile,
            Repeats = study.Options.Repeats,
            Jobs = jobs,
            RowsWithout = study.RowsWithout,
            Scaling = jobs.Any(job => job.SecondsLeft is null)
                ? null
                : StudyScaling.Of([.. jobs.Zip(study.Jobs, (planned, job) => new ScheduleJob(job.Label, planned.SecondsLeft!.Value, planned.After))], options.Workers),
        };
    }

    private static void Measure(Study study, StudyCosts costs, int? steps, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var unknown = study.Jobs
            .Where(job => job.Kind != StudyJobKind.Evaluate && job.State != StudyJobState.Finished && !costs.Knows(job))
            .DistinctBy(job => (job.Kind, job.Backbone)).ToList();
        for (var i = 0; i < unknown.Count; i++)
        {
            progress?.Report(new ProgressReport("measure steps", i, unknown.Count, unknown[i].Label));
            costs.Note(unknown[i], unknown[i].MeasureStep(steps, token));
        }

        if (unknown.Count > 0)
        {
            progress?.Report(new ProgressReport("measure steps", unknown.Count, unknown.Count));
        }
    }

    private static PlannedJob Planned(StudyJob job, StudyCosts costs, int? after)
    {
        var (state, error) = job.Read();
        var memory = costs.Measured(job);
        return new PlannedJob(
            job.Kind,
            (job as ScoreJob)?.Protocol.Table,
            job.Arm.Label,
            job.Seed,
            job.Name,
            state,
            job.Holder,
            error,
            job.Steps,
            costs.StepSeconds(job),
            state == StudyJobState.Finished ? 0 : costs.Seconds(job),
            after,
            memory?.Memory,
            memory?.DeviceMemory);
    }
}
