using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>One run or evaluation of a study. It knows nothing but its settings: how it stands is read from the folder of results each time.</summary>
public abstract class StudyJob
{
    internal StudyJob(StudyContext context, StudyArm arm, long seed, StudyJob? after) =>
        (Context, Arm, Seed, After) = (context, arm, seed, after);

    /// <summary>What it does.</summary>
    public abstract StudyJobKind Kind { get; }

    /// <summary>Kind, arm and seed in words, such as "pre-train U-Net, PolyCL-M, seed 1".</summary>
    public string Label => FormattableString.Invariant($"{Verb} {ArmLabel}, seed {Seed}");

    /// <summary>Seed of the run.</summary>
    public long Seed { get; }

    /// <summary>The job that must be finished before, or null.</summary>
    public StudyJob? After { get; }

    /// <summary>Name of the run, or of the evaluation below its run; null while it is not known, since it depends on weights that are not there yet.</summary>
    public abstract string? Name { get; }

    /// <summary>Training steps in all, or slices of an evaluation.</summary>
    public abstract long Steps { get; }

    /// <summary>How it stands now.</summary>
    public StudyJobState State => Read().State;

    /// <summary>Why it failed, or null.</summary>
    public string? Error => Read().Error;

    /// <summary>Who works on it, in words, or null.</summary>
    public abstract string? Holder { get; }

    internal StudyContext Context { get; }

    /// <summary>Whether its data are open, without which it knows no more than its label.</summary>
    internal bool HasData => Context.Opened is not null;

    /// <summary>The row it is for.</summary>
    internal StudyArm Arm { get; }

    /// <summary>The network whose cost a step has; null where SAM's outweighs it.</summary>
    internal virtual BackboneKind? Backbone => Arm.Row?.Backbone;

    /// <summary>Seconds per step in a finished job, or null.</summary>
    internal abstract double? MeasuredStepSeconds { get; }

    /// <summary>What is trained or scored, in words.</summary>
    protected virtual string ArmLabel => Arm.Label;

    /// <summary>What is done, as a verb.</summary>
    protected abstract string Verb { get; }

    /// <summary>Whether the result is there.</summary>
    protected abstract bool IsFinished { get; }

    /// <summary>Whether an earlier process left a state to go on from.</summary>
    protected abstract bool IsBegun { get; }

    /// <summary>The file that says why it failed, or null while the job has no place.</summary>
    protected abstract string? ErrorFile { get; }

    /// <summary>How it stands now, and why it failed; each job that it waits for is read once.</summary>
    internal (StudyJobState State, string? Error) Read()
    {
        if (After?.Read() is { State: not StudyJobState.Finished } before)
        {
            return before.State == StudyJobState.Failed ? (StudyJobState.Failed, $"{After.Label} failed: {before.Error}") : (StudyJobState.Waiting, null);
        }

        return IsFinished ? (StudyJobState.Finished, null)
            : Holder is not null ? (StudyJobState.Running, null)
            : ErrorText() is { } error ? (StudyJobState.Failed, error)
            : (IsBegun ? StudyJobState.Interrupted : StudyJobState.Missing, null);
    }

    /// <summary>Does the job, or goes on with it; at once when it is finished.</summary>
    /// <exception cref="RunStateException">Another process works on it.</exception>
    internal void Run(IProgress<ProgressReport> progress, CancellationToken token)
    {
        Work(Context.Compute, Context.Results, progress, token);
        ClearError();
    }

    /// <summary>Does the job with its results in another folder, to measure it.</summary>
    internal abstract void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token);

    /// <summary>Measures a step of the job, whether what it needs is there or not; leaves nothing behind.</summary>
    /// <param name="steps">Steps to measure, or null for the usual number.</param>
    /// <param name="token">Stops between steps.</param>
    internal virtual StepCost MeasureStep(int? steps, CancellationToken token) => StepMeasurement.Of(this, steps, token);

    /// <summary>Writes down why it failed.</summary>
    internal void RecordError(Exception error)
    {
        if (ErrorFile is { } file && Directory.Exists(Path.GetDirectoryName(file)))
        {
            AtomicFile.WriteText(file, SettingsJson.ToText(new StudyJobError(error.Message.Split('\n')[0], error.GetType().Name)));
        }
    }

    /// <summary>Forgets why it failed, so that it is tried again.</summary>
    internal void ClearError()
    {
        if (ErrorFile is { } file && File.Exists(file))
        {
            File.Delete(file);
        }
    }

    private string? ErrorText() =>
        ErrorFile is { } file && File.Exists(file) ? SettingsJson.Read<StudyJobError>(File.ReadAllText(file), file).Message : null;
}

/// <summary>Content of the file that says why a job failed.</summary>
/// <param name="Message">The sentence.</param>
/// <param name="Type">Type of the exception.</param>
internal sealed record StudyJobError(string Message, string Type);
