namespace PolyCL.Studies.Slurm;

/// <summary>How a job stands by its folder.</summary>
/// <param name="Label">The job.</param>
/// <param name="State">Its state.</param>
/// <param name="Holder">Who works on it, or null.</param>
/// <param name="Error">Why it failed, or null.</param>
public sealed record StudyJobStatus(string Label, StudyJobState State, string? Holder, string? Error);

/// <summary>How a task stands, by its folders and by Slurm.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Number">Its number in the stage; 0 for the task that makes the data.</param>
/// <param name="Jobs">Its jobs; none for the task that makes the data.</param>
/// <param name="Slurm">What Slurm says, or null when it was not submitted or Slurm does not know it any more.</param>
public sealed record StudyTaskStatus(string Stage, int Number, IReadOnlyList<StudyJobStatus> Jobs, SlurmEntry? Slurm);

/// <summary>How a study stands: its run folders, joined with Slurm's view where there is one.</summary>
public sealed record StudyStatus
{
    /// <summary>The tables.</summary>
    public required IReadOnlyList<int> Tables { get; init; }

    /// <summary>Profile of the runs.</summary>
    public required string Profile { get; init; }

    /// <summary>Whether the data are there.</summary>
    public required bool HasData { get; init; }

    /// <summary>Folder of the scripts; it need not exist.</summary>
    public required string Folder { get; init; }

    /// <summary>The tasks; the one that makes the data first, where it was submitted.</summary>
    public required IReadOnlyList<StudyTaskStatus> Tasks { get; init; }

    /// <summary>What could not be asked, one sentence each.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Jobs in all.</summary>
    public int Jobs => Tasks.Sum(task => task.Jobs.Count);

    /// <summary>Finished jobs.</summary>
    public int Finished => Tasks.Sum(task => task.Jobs.Count(job => job.State == StudyJobState.Finished));

    /// <summary>Failed jobs.</summary>
    public int Failed => Tasks.Sum(task => task.Jobs.Count(job => job.State == StudyJobState.Failed));

    /// <summary>Tasks that wait or run in Slurm.</summary>
    public int Queued => Tasks.Count(task => task.Slurm is { IsQueued: true });
}
