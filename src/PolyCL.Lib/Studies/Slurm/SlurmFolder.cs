using System.Globalization;
using System.Text.RegularExpressions;
using PolyCL.Core;

namespace PolyCL.Studies.Slurm;

/// <summary>The folder of a study's scripts: what is submitted, what each task is, and the ids that Slurm gave.</summary>
/// <remarks>
/// <c>tasks.tsv</c> (stage, number, job) is the same at every call, since tasks in the queue read it; <c>submit.sh</c> and <c>task.sh</c> are written anew;
/// <c>submitted.tsv</c> (submission, Slurm's id, stage, first, indices) grows by a line for every array that <c>submit.sh</c> submits.
/// </remarks>
internal sealed partial class SlurmFolder(string path)
{
    public const string SubmitName = "submit.sh";
    public const string TaskName = "task.sh";
    public const string TasksName = "tasks.tsv";
    public const string SubmittedName = "submitted.tsv";
    public const string LogsName = "logs";
    private const int Columns = 5;
    private const int HashLetters = 8;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The script that submits.</summary>
    public string SubmitFile => System.IO.Path.Combine(Path, SubmitName);

    private string SubmittedFile => System.IO.Path.Combine(Path, SubmittedName);

    /// <summary>The folder of a study in a folder of results.</summary>
    public static SlurmFolder Of(Study study, IReadOnlyList<string> identity, string tasks)
    {
        var tables = string.Join('-', study.Options.Tables);
        var hash = ContentHash.OfText(tasks + "\n" + string.Join('\n', identity))[..HashLetters];
        return new SlurmFolder(System.IO.Path.Combine(study.Results, "slurm", $"table-{tables}-{study.Options.Profile.ToString().ToLowerInvariant()}-{hash}"));
    }

    /// <summary>What each task is, one job a line.</summary>
    public static string TasksText(IEnumerable<SlurmTask> tasks) =>
        string.Concat(tasks.SelectMany(task => task.Jobs.Select(job => string.Create(CultureInfo.InvariantCulture, $"{task.Stage}\t{task.Number}\t{job.Label}\n"))));

    /// <summary>Writes a file; scripts can be called.</summary>
    public void Write(string name, string text)
    {
        var file = System.IO.Path.Combine(Path, name);
        AtomicFile.WriteText(file, text);
        if (!OperatingSystem.IsWindows() && name.EndsWith(".sh", StringComparison.Ordinal))
        {
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);
        }
    }

    /// <summary>Tasks ever submitted, by stage and number, newest submission last; number 0 is the task that makes the data.</summary>
    /// <exception cref="RunStateException">A line is something else.</exception>
    public ILookup<(string Stage, int Number), SlurmTaskId> Submitted() => Lines()
        .SelectMany(line => line.Indices.Select(index => (Key: (line.Stage, line.First + index), Id: new SlurmTaskId(line.Job, index))))
        .ToLookup(pair => pair.Key, pair => pair.Id);

    /// <summary>The number of the next submission.</summary>
    /// <exception cref="RunStateException">A line is something else.</exception>
    public int NextSubmission() => Lines().Select(line => line.Submission).DefaultIfEmpty().Max() + 1;

    [GeneratedRegex(@"^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$")]
    private static partial Regex Indices { get; }

    private IEnumerable<(int Submission, long Job, string Stage, int First, IReadOnlyList<int> Indices)> Lines()
    {
        if (!File.Exists(SubmittedFile))
        {
            yield break;
        }

        foreach (var line in File.ReadLines(SubmittedFile))
        {
            var cells = line.Split('\t');
            if (cells.Length != Columns || !int.TryParse(cells[0], out var submission) || !long.TryParse(cells[1], out var job)
                || !int.TryParse(cells[3], out var first) || !Indices.IsMatch(cells[4]))
            {
                throw new RunStateException(
                    $"{SubmittedFile}: the line '{line}' is not submission, id, stage, first and indices, parted by tabs; remove the line, and the program no longer knows that task.", SubmittedFile);
            }

            yield return (submission, job, cells[2], first, [.. SlurmArray.Numbers(cells[4])]);
        }
    }
}
