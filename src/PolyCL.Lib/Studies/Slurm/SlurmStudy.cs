using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Studies.Slurm;

/// <summary>Runs studies on Slurm: writes and submits job arrays of what is missing, and tells how their tasks stand.</summary>
/// <remarks>Neither makes data: where they are not there yet, a first task makes them and everything else waits for it (decision 0024).</remarks>
public static class SlurmStudy
{
    /// <summary>The cluster's MaxArraySize, or null where it cannot be asked.</summary>
    public static int? MaxArraySize() => SlurmQueue.MaxArraySize();

    /// <summary>Writes the scripts that submit what is missing and not in the queue, to <c>slurm/</c> in the study's results.</summary>
    /// <param name="study">The study, or its outline.</param>
    /// <param name="command">How tasks call this program.</param>
    /// <param name="options">What they ask of Slurm.</param>
    /// <exception cref="IOException">The scripts cannot be written.</exception>
    /// <exception cref="RunStateException">The record of earlier submissions cannot be read.</exception>
    public static SlurmSubmission Write(Study study, SlurmCommand command, SlurmOptions options)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(options);
        var tasks = SlurmTask.Of(study.Jobs);
        var manifest = SlurmFolder.TasksText(tasks);
        var folder = SlurmFolder.Of(study, command.Identity, manifest);
        var submitted = folder.Submitted();
        var queue = SlurmQueue.Of(submitted.SelectMany(ids => ids).Select(id => id.Job));
        var queued = submitted
            .Select(ids => (ids.Key, Id: ids.LastOrDefault(id => queue.Entries.GetValueOrDefault(id) is { IsQueued: true })))
            .Where(pair => pair.Id != default).ToDictionary(pair => pair.Key, pair => pair.Id);
        var finished = study.HasData ? study.Jobs.Where(job => job.State == StudyJobState.Finished).ToHashSet() : [];
        var plan = SlurmPlan.Of(tasks, finished.Contains, study.HasData, queued, options.MaxArraySize);
        var title = TitleOf(study);
        if (plan.Arrays.Count > 0)
        {
            folder.Write(SlurmFolder.TasksName, manifest);
            folder.Write(SlurmFolder.TaskName, SlurmScripts.Task(command, options, title));
            folder.Write(SlurmFolder.SubmitName, SlurmScripts.Submit(plan, options, title, folder.NextSubmission()));
        }
        else if (File.Exists(folder.SubmitFile))
        {
            File.Delete(folder.SubmitFile);
        }

        return new SlurmSubmission
        {
            Folder = folder.Path,
            Script = plan.Arrays.Count > 0 ? folder.SubmitFile : null,
            MakesData = plan.MakesData,
            Arrays = [.. plan.Arrays.Select(array => new SlurmArraySummary(array.Stage, array.Tasks.Count, array.Indices, array.After?.Name))],
            Finished = plan.Finished,
            Queued = plan.Queued,
            RowsWithout = study.RowsWithout,
            Remarks = queue.Remarks,
        };
    }

    /// <summary>Submits; what it prints, a line for every array.</summary>
    /// <param name="submission">The scripts.</param>
    /// <exception cref="RunFailedException">Slurm refuses; arrays submitted before that stay in the queue.</exception>
    public static string Submit(SlurmSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        if (submission.Script is not { } script)
        {
            return "";
        }

        var done = SlurmProgram.Call("bash", Timeout.InfiniteTimeSpan, script);
        return done.Trouble is { } trouble ? throw new RunFailedException($"{script}: {trouble}") : done.Output.TrimEnd();
    }

    /// <summary>Reads how all tasks of a study stand.</summary>
    /// <param name="study">The study, or its outline.</param>
    /// <param name="identity">The words that name the study, as in <see cref="SlurmCommand.Identity"/>.</param>
    /// <exception cref="RunStateException">The record of submissions cannot be read.</exception>
    public static StudyStatus Status(Study study, IReadOnlyList<string> identity)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(identity);
        var tasks = SlurmTask.Of(study.Jobs);
        var folder = SlurmFolder.Of(study, identity, SlurmFolder.TasksText(tasks));
        var submitted = folder.Submitted();
        var queue = SlurmQueue.Of(submitted.SelectMany(ids => ids).Select(id => id.Job));
        SlurmEntry? Entry(string stage, int number) => submitted[(stage, number)].Select(id => queue.Entries.GetValueOrDefault(id)).LastOrDefault(entry => entry is not null);
        List<StudyTaskStatus> all = [.. tasks.Select(task => new StudyTaskStatus(task.Stage, task.Number, [.. task.Jobs.Select(StatusOf)], Entry(task.Stage, task.Number)))];
        if (submitted.Contains((SlurmArray.DataStage, 0)))
        {
            all.Insert(0, new StudyTaskStatus(SlurmArray.DataStage, 0, [], Entry(SlurmArray.DataStage, 0)));
        }

        return new StudyStatus
        {
            Tables = study.Options.Tables,
            Profile = study.Options.FineTuneProfile,
            HasData = study.HasData,
            Folder = folder.Path,
            Tasks = all,
            Remarks = queue.Remarks,
        };
    }

    private static StudyJobStatus StatusOf(StudyJob job)
    {
        if (!job.HasData)
        {
            return new StudyJobStatus(job.Label, job.After is null ? StudyJobState.Missing : StudyJobState.Waiting, null, null);
        }

        var (state, error) = job.Read();
        return new StudyJobStatus(job.Label, state, state == StudyJobState.Running ? job.Holder : null, error);
    }

    private static string TitleOf(Study study) =>
        string.Create(CultureInfo.InvariantCulture, $"Table {string.Join(", ", study.Options.Tables)}, profile {study.Options.FineTuneProfile}, {study.Jobs.Count} jobs.");
}
