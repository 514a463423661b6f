namespace PolyCL.Studies.Slurm;

/// <summary>What one task of an array does: a training, and whatever only needs that training afterwards.</summary>
/// <param name="Stage">The stage: tasks of one kind that come after tasks of one stage.</param>
/// <param name="Number">Its number in the stage, from 1; that of the task it comes after. The same at every call, whatever is finished.</param>
/// <param name="After">The task that holds the training it needs, or null.</param>
/// <param name="Jobs">Its jobs in the order in which they are done.</param>
internal sealed record SlurmTask(string Stage, int Number, SlurmTask? After, IReadOnlyList<StudyJob> Jobs)
{
    /// <summary>The tasks of a study; each behind the one it comes after.</summary>
    public static IReadOnlyList<SlurmTask> Of(IReadOnlyList<StudyJob> jobs)
    {
        var tasks = new List<(SlurmTask Task, List<StudyJob> Jobs)>();
        var taskOf = new Dictionary<StudyJob, int>();
        var stages = new Dictionary<(string? After, StudyJobKind Kind, int Rank), string>();
        var roots = new Dictionary<StudyJobKind, int>();
        foreach (var job in jobs)
        {
            var after = job.After is { } needed && taskOf.TryGetValue(needed, out var found) ? found : -1;
            if (after >= 0 && job.Kind is not (StudyJobKind.Pretrain or StudyJobKind.FineTune))
            {
                tasks[after].Jobs.Add(job);
                taskOf[job] = after;
                continue;
            }

            var parent = after >= 0 ? tasks[after].Task : null;
            var rank = parent is null ? 0 : tasks.Count(other => other.Task.After == parent && other.Jobs[0].Kind == job.Kind);
            if (!stages.TryGetValue((parent?.Stage, job.Kind, rank), out var stage))
            {
                stages[(parent?.Stage, job.Kind, rank)] = stage = Fresh(Word(job.Kind, parent), stages.Values);
            }

            var number = parent?.Number ?? (roots[job.Kind] = roots.GetValueOrDefault(job.Kind) + 1);
            List<StudyJob> own = [job];
            taskOf[job] = tasks.Count;
            tasks.Add((new SlurmTask(stage, number, parent, own), own));
        }

        return [.. tasks.Select(task => task.Task)];
    }

    /// <summary>Two tasks are the same when stage and number are.</summary>
    public bool Equals(SlurmTask? other) => other is not null && (Stage, Number) == (other.Stage, other.Number);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Stage, Number);

    private static string Word(StudyJobKind kind, SlurmTask? after) =>
        kind == StudyJobKind.FineTune && after is null ? "scratch" : kind.ToString().ToLowerInvariant();

    private static string Fresh(string word, ICollection<string> taken)
    {
        var name = word;
        for (var n = 2; taken.Contains(name); n++)
        {
            name = FormattableString.Invariant($"{word}_{n}");
        }

        return name;
    }
}
