using PolyCL.Core;

namespace PolyCL.Studies.Slurm;

/// <summary>What tasks ask of Slurm. Nothing is said to Slurm of what is left out, so that the cluster's own defaults hold.</summary>
public sealed record SlurmOptions
{
    /// <summary>Partition of the trainings, as for <c>sbatch --partition</c>.</summary>
    public string? Partition { get; init => field = Line(value, nameof(Partition)); }

    /// <summary>Partition of the task that makes the data, which needs no GPU; null for <see cref="Partition"/>.</summary>
    public string? DataPartition { get; init => field = Line(value, nameof(DataPartition)); }

    /// <summary>Generic resources of a training, such as <c>gpu:1</c>; the task that makes the data asks for none.</summary>
    public string? Gres { get; init => field = Line(value, nameof(Gres)); }

    /// <summary>Time limit of one task in Slurm's words, such as <c>04:00:00</c>. A run that needs longer goes on in the next turn.</summary>
    public string? Time { get; init => field = Line(value, nameof(Time)); }

    /// <summary>Time limit of the task that makes the data, which is done at once or not at all; null for <see cref="Time"/>.</summary>
    public string? DataTime { get; init => field = Line(value, nameof(DataTime)); }

    /// <summary>CPU cores of one task, and its threads.</summary>
    public int? Cpus { get; init => field = value is { } cpus ? Check.Positive(cpus, nameof(Cpus)) : null; }

    /// <summary>Memory of one task in Slurm's words, such as <c>16G</c>.</summary>
    public string? Memory { get; init => field = Line(value, nameof(Memory)); }

    /// <summary>Account that pays.</summary>
    public string? Account { get; init => field = Line(value, nameof(Account)); }

    /// <summary>Further options of sbatch, one word each, such as <c>--exclude=node7</c>; they come last.</summary>
    public IReadOnlyList<string> Further { get; init => field = [.. (value ?? []).Select(word => Line(word, nameof(Further))!)]; } = [];

    /// <summary>Tasks of one array that may run at once; null for as many as there are.</summary>
    public int? MaxParallel { get; init => field = value is { } tasks ? Check.Positive(tasks, nameof(MaxParallel)) : null; }

    /// <summary>Slurm's MaxArraySize, which no index of an array may reach; larger stages become several arrays. Slurm's default is 1001.</summary>
    public int MaxArraySize { get; init => field = Check.InRange(value, 2, int.MaxValue, nameof(MaxArraySize)); } = 1001;

    /// <summary>Seconds before the time limit at which a task is told to save its state; Slurm may be up to a minute early.</summary>
    public int SignalSeconds { get; init => field = Check.Positive(value, nameof(SignalSeconds)); } = 120;

    /// <summary>The options of a training as sbatch takes them.</summary>
    internal IReadOnlyList<string> Training => [.. Named(("partition", Partition), ("gres", Gres), ("time", Time)), .. Shared];

    /// <summary>The options of the task that makes the data.</summary>
    internal IReadOnlyList<string> Data => [.. Named(("partition", DataPartition ?? Partition), ("time", DataTime ?? Time)), .. Shared];

    private IEnumerable<string> Shared =>
        [.. Named(("cpus-per-task", Cpus?.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("mem", Memory), ("account", Account)), .. Further];

    private static IEnumerable<string> Named(params (string Name, string? Value)[] options) =>
        options.Where(option => option.Value is not null).Select(option => $"--{option.Name}={option.Value}");

    private static string? Line(string? value, string name) =>
        value is null ? null
        : Check.NotBlank(value, name).Any(char.IsControl) ? throw new ArgumentException($"{name} holds a line break or another control character; give one line.", name)
        : value;
}
