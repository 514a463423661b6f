using PolyCL.Core;
using PolyCL.Sampling;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The pre-training of an arm.</summary>
internal sealed class PretrainJob : StudyJob
{
    private readonly PretrainOptions options;
    private readonly Lazy<long> steps;
    private readonly Lazy<string> name;
    private RunResult? result;

    public PretrainJob(StudyContext context, StudyArm arm, PretrainOptions options)
        : base(context, arm, options.Seed, null)
    {
        this.options = options;
        name = new(() => Pretraining.IdentityOf(options, context.Data.ForTraining, context.Options.PretrainProfile).Name);
        steps = new(() => (long)options.Epochs * EpochOrder.BatchCount(Selection().Anchors, options.BatchSize));
    }

    /// <inheritdoc/>
    public override StudyJobKind Kind => StudyJobKind.Pretrain;

    /// <inheritdoc/>
    public override string Name => name.Value;

    /// <inheritdoc/>
    public override long Steps => steps.Value;

    /// <inheritdoc/>
    public override string? Holder => RunFolder.HolderOf(Folder);

    /// <summary>The finished run, or null.</summary>
    public RunResult? Result => result ??= RunFolder.TryRead(Folder);

    internal override double? MeasuredStepSeconds => Result is { Steps: > 0 } run ? run.Seconds / run.Steps : null;

    /// <inheritdoc/>
    protected override string ArmLabel => Arm.Row!.Label;

    /// <inheritdoc/>
    protected override string Verb => "pre-train";

    /// <inheritdoc/>
    protected override bool IsFinished => Result is not null;

    /// <inheritdoc/>
    protected override bool IsBegun => RunFolder.IsBegun(Folder);

    /// <inheritdoc/>
    protected override string ErrorFile => RunFolder.ErrorFileIn(Folder);

    private string Folder => Path.Combine(Context.Results, Name);

    /// <summary>What the strategy finds in the training scans.</summary>
    public SelectionSummary Selection() => Pretraining.Select(options, Context.Data.ForTraining).Summary;

    internal override void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token) =>
        Pretraining.Run(options, Context.Data.ForTraining, new RunPlace(results, compute, Context.Options.PretrainProfile), null, progress, token);
}
