using System.Globalization;

namespace PolyCL.Studies.Slurm;

/// <summary>How Slurm names a task: the job, and the index in its array; 0 for a job without an array.</summary>
internal readonly record struct SlurmTaskId(long Job, int Index)
{
    /// <summary>What a task of some index waits for when it comes after this one: tasks of equal index can be named all at once.</summary>
    public string DependencyOf(int index) =>
        index == Index ? string.Create(CultureInfo.InvariantCulture, $"aftercorr:{Job}") : $"afterok:{this}";

    /// <inheritdoc/>
    public override string ToString() => Index == 0 ? Job.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{Job}_{Index}");

    /// <summary>Reads "12", "12_3"; null for anything else, such as the many tasks of "12_[4-9]".</summary>
    public static SlurmTaskId? TryParse(string text)
    {
        var parts = text.Split('_');
        return parts.Length <= 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var job)
            && (parts.Length == 1 || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? new SlurmTaskId(job, parts.Length == 1 ? 0 : int.Parse(parts[1], CultureInfo.InvariantCulture))
            : null;
    }
}
