using System.Globalization;

namespace PolyCL.Studies.Slurm;

/// <summary>What is submitted now: arrays of the tasks of which something is missing and which are not in the queue yet, each behind what it waits for.</summary>
internal sealed record SlurmPlan
{
    /// <summary>Whether a task makes the data first, for which all others wait.</summary>
    public required bool MakesData { get; init; }

    /// <summary>The arrays in the order of submission.</summary>
    public required IReadOnlyList<SlurmArray> Arrays { get; init; }

    /// <summary>Tasks of which nothing is missing.</summary>
    public required int Finished { get; init; }

    /// <summary>Tasks that wait or run already.</summary>
    public required int Queued { get; init; }

    /// <summary>Plans a submission.</summary>
    /// <param name="tasks">All tasks of the study.</param>
    /// <param name="finished">Whether a job is finished.</param>
    /// <param name="hasData">Whether the data are there.</param>
    /// <param name="queued">Tasks in the queue, by stage and number, as array and index; the task that makes data has stage "data" and number 0.</param>
    /// <param name="maxArraySize">What no index may reach.</param>
    public static SlurmPlan Of(
        IReadOnlyList<SlurmTask> tasks,
        Func<StudyJob, bool> finished,
        bool hasData,
        IReadOnlyDictionary<(string Stage, int Number), SlurmTaskId> queued,
        int maxArraySize)
    {
        var block = maxArraySize - 1;
        var missing = tasks.Where(task => !task.Jobs.All(finished)).ToList();
        var holes = missing.Where(task => !queued.ContainsKey((task.Stage, task.Number))).ToList();
        SlurmTaskId? dataTask = queued.TryGetValue((SlurmArray.DataStage, 0), out var found) ? found : null;
        var arrays = new List<SlurmArray>();
        var arrayOf = new Dictionary<SlurmTask, SlurmArray>();
        var groups = new Dictionary<(string Stage, int First, SlurmArray? After, string? Dependency), List<SlurmTask>>();
        foreach (var stage in holes.GroupBy(task => task.Stage).OrderBy(stage => Depth(stage.First())))
        {
            foreach (var task in stage)
            {
                var first = (task.Number - 1) / block * block;
                var needed = task.After is { } after && !finished(task.Jobs[0].After!) ? after : null;
                var array = needed is not null ? arrayOf.GetValueOrDefault(needed) : null;
                var dependency = needed is null ? (hasData ? null : dataTask is { } made ? $"afterok:{made}" : null)
                    : array is null && queued.TryGetValue((needed.Stage, needed.Number), out var earlier) ? earlier.DependencyOf(task.Number - first)
                    : null;
                var key = (task.Stage, first, array, dependency);
                if (!groups.TryGetValue(key, out var group))
                {
                    groups[key] = group = [];
                    arrays.Add(new SlurmArray(NameOf(task.Stage, first, arrays), task.Stage, first, array, dependency, group));
                }

                group.Add(task);
            }

            foreach (var array in arrays.Where(array => array.Stage == stage.Key))
            {
                foreach (var task in array.Tasks)
                {
                    arrayOf[task] = array;
                }
            }
        }

        return new SlurmPlan
        {
            MakesData = !hasData && dataTask is null && arrays.Count > 0,
            Arrays = arrays,
            Finished = tasks.Count - missing.Count,
            Queued = missing.Count - holes.Count,
        };
    }

    private static int Depth(SlurmTask task) => task.After is { } after ? Depth(after) + 1 : 0;

    private static string NameOf(string stage, int first, List<SlurmArray> taken)
    {
        var name = first == 0 ? stage : string.Create(CultureInfo.InvariantCulture, $"{stage}_from_{first + 1}");
        var again = taken.Count(array => array.Stage == stage && array.First == first);
        return again == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_part{again + 1}");
    }
}
