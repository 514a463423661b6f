namespace PolyCL.Studies;

/// <summary>How a call of <see cref="StudyRunner.Run"/> ended.</summary>
public sealed record StudyOutcome
{
    /// <summary>Jobs of the study.</summary>
    public required int Jobs { get; init; }

    /// <summary>Jobs that were finished before.</summary>
    public required int FinishedBefore { get; init; }

    /// <summary>Jobs that this call did.</summary>
    public required int Done { get; init; }

    /// <summary>Jobs that other processes did meanwhile.</summary>
    public required int DoneByOthers { get; init; }

    /// <summary>Jobs that failed, or need one that did, each with the reason.</summary>
    public required IReadOnlyDictionary<string, string> Failed { get; init; }

    /// <summary>Rows that cannot run, with what they need.</summary>
    public required IReadOnlyDictionary<string, string> RowsWithout { get; init; }

    /// <summary>Seconds of this call.</summary>
    public required double Seconds { get; init; }
}
