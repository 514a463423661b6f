using System.Globalization;

namespace PolyCL.Studies.Slurm;

/// <summary>What Slurm says of a task.</summary>
/// <param name="Id">The job, with the index in its array, such as "120_7".</param>
/// <param name="State">Slurm's word, such as RUNNING.</param>
/// <param name="Reason">Why it waits or ended, or null.</param>
/// <param name="Node">Where it runs or ran, or null.</param>
/// <param name="Elapsed">How long, in Slurm's form, or null.</param>
public sealed record SlurmEntry(string Id, string State, string? Reason, string? Node, string? Elapsed)
{
    private static readonly string[] Ended = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "PREEMPTED", "REVOKED"];

    /// <summary>Whether it runs or will.</summary>
    public bool IsQueued => !Ended.Contains(State.Split(' ')[0].TrimEnd('+')) && Reason != "DependencyNeverSatisfied";
}

/// <summary>What Slurm says of some jobs: of those in the queue by squeue, of earlier ones by sacct where one may ask it.</summary>
internal sealed record SlurmQueue(IReadOnlyDictionary<SlurmTaskId, SlurmEntry> Entries, IReadOnlyList<string> Remarks)
{
    private const string QueueFormat = "%F|%K|%T|%r|%N|%M";
    private const string AccountFormat = "JobID,State,NodeList,Elapsed";
    private const string UnknownJob = "Invalid job id";
    private const string ArraySizeName = "MaxArraySize";

    /// <summary>Asks for the tasks of some jobs; what cannot be asked is said in a remark.</summary>
    public static SlurmQueue Of(IEnumerable<long> jobs)
    {
        var ids = string.Join(',', jobs.Distinct().Select(job => job.ToString(CultureInfo.InvariantCulture)));
        var entries = new Dictionary<SlurmTaskId, SlurmEntry>();
        if (ids.Length == 0)
        {
            return new SlurmQueue(entries, []);
        }

        var queue = SlurmProgram.Ask("squeue", "--noheader", "--array", "--states=all", $"--jobs={ids}", $"--format={QueueFormat}");
        if (!queue.IsThere)
        {
            return new SlurmQueue(entries, ["Slurm is not here (no squeue on the path): the folders alone tell how tasks stand."]);
        }

        if (queue.Trouble is { } trouble && !trouble.Contains(UnknownJob, StringComparison.OrdinalIgnoreCase))
        {
            return new SlurmQueue(entries, [$"squeue does not answer ({trouble}): the folders alone tell how tasks stand."]);
        }

        var accounts = SlurmProgram.Ask("sacct", "--allocations", "--noheader", "--parsable2", $"--jobs={ids}", $"--format={AccountFormat}");
        foreach (var cells in Rows(accounts, 4))
        {
            Add(cells[0], cells[1], null, cells[2], cells[3]);
        }

        foreach (var cells in Rows(queue, 6))
        {
            Add(int.TryParse(cells[1], out _) ? $"{cells[0]}_{cells[1]}" : cells[0], cells[2], cells[3], cells[4], cells[5]);
        }

        return new SlurmQueue(entries, accounts.Trouble is { } reason ? [$"sacct cannot be asked ({reason}): of tasks that have left the queue the folders alone tell."] : []);

        void Add(string id, string state, string? reason, string node, string elapsed)
        {
            if (SlurmTaskId.TryParse(id) is { } task)
            {
                entries[task] = new SlurmEntry(id, state, Said(reason), Said(node), Said(elapsed));
            }
        }
    }

    /// <summary>The cluster's MaxArraySize, or null where it cannot be asked.</summary>
    public static int? MaxArraySize()
    {
        var line = SlurmProgram.Ask("scontrol", "show", "config").Output.Split('\n').FirstOrDefault(line => line.StartsWith(ArraySizeName, StringComparison.Ordinal));
        return int.TryParse(line?.Split('=')[^1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 1 ? size : null;
    }

    private static IEnumerable<string[]> Rows(SlurmProgram answer, int columns) =>
        answer.Trouble is not null ? [] : answer.Output.Split('\n').Select(line => line.Trim().Split('|')).Where(cells => cells.Length == columns);

    private static string? Said(string? text) => string.IsNullOrWhiteSpace(text) || text is "None" or "None assigned" or "(null)" ? null : text;
}
