namespace PolyCL.Studies.Slurm;

/// <summary>One job array of a submission.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Tasks">Tasks in it.</param>
/// <param name="Indices">Their indices as sbatch takes them.</param>
/// <param name="After">The array that it waits for, task by task, or null.</param>
public sealed record SlurmArraySummary(string Stage, int Tasks, string Indices, string? After);

/// <summary>The scripts that submit what is missing of a study.</summary>
public sealed record SlurmSubmission
{
    /// <summary>Folder of the scripts.</summary>
    public required string Folder { get; init; }

    /// <summary>The script that submits; null when nothing is missing that is not in the queue.</summary>
    public required string? Script { get; init; }

    /// <summary>Whether a task makes the data first.</summary>
    public required bool MakesData { get; init; }

    /// <summary>The arrays in the order of submission.</summary>
    public required IReadOnlyList<SlurmArraySummary> Arrays { get; init; }

    /// <summary>Tasks of the study of which nothing is missing.</summary>
    public required int Finished { get; init; }

    /// <summary>Tasks that wait or run already.</summary>
    public required int Queued { get; init; }

    /// <summary>Rows that cannot run, with what they need.</summary>
    public required IReadOnlyDictionary<string, string> RowsWithout { get; init; }

    /// <summary>What could not be asked, one sentence each.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Tasks to submit.</summary>
    public int Tasks => Arrays.Sum(array => array.Tasks);
}
