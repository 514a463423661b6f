using System.Globalization;
using PolyCL.Core;
using PolyCL.Sampling;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The fine-tuning of an arm, from its encoder or from scratch.</summary>
internal sealed class FineTuneJob : StudyJob
{
    private readonly FineTuneOptions options;
    private readonly PretrainJob? encoder;
    private readonly Lazy<int> labelled;
    private string? name;
    private RunResult? result;

    public FineTuneJob(StudyContext context, StudyArm arm, FineTuneOptions options, PretrainJob? encoder)
        : base(context, arm, options.Seed, encoder)
    {
        (this.options, this.encoder) = (options, encoder);
        labelled = new(() => FineTuning.LabelledSlices(options, context.Data.ForTraining).Length);
    }

    /// <inheritdoc/>
    public override StudyJobKind Kind => StudyJobKind.FineTune;

    /// <inheritdoc/>
    public override string? Name => name ??= encoder is null ? NameOf(null) : encoder.Result is { } pretrained ? NameOf(pretrained.WeightsDigest) : null;

    /// <inheritdoc/>
    public override long Steps => (long)options.Epochs * EpochOrder.BatchCount(labelled.Value, options.BatchSize);

    /// <inheritdoc/>
    public override string? Holder => Folder is { } folder ? RunFolder.HolderOf(folder) : null;

    /// <summary>Slices whose labels are used.</summary>
    public int LabelledSlices => labelled.Value;

    /// <summary>The finished run, or null.</summary>
    public RunResult? Result => result ??= Folder is { } folder ? RunFolder.TryRead(folder) : null;

    internal override double? MeasuredStepSeconds => Result is { Steps: > 0 } run ? run.Seconds / run.Steps : null;

    /// <summary>Slices a step, for what a slice costs.</summary>
    internal int BatchSize => options.BatchSize;

    /// <inheritdoc/>
    protected override string ArmLabel =>
        Arm.LabelPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{Arm.Row!.Label}, {percent:0.##} % of labels") : Arm.Row!.Label;

    /// <inheritdoc/>
    protected override string Verb => "fine-tune";

    /// <inheritdoc/>
    protected override bool IsFinished => Result is not null;

    /// <inheritdoc/>
    protected override bool IsBegun => Folder is { } folder && RunFolder.IsBegun(folder);

    /// <inheritdoc/>
    protected override string? ErrorFile => Folder is { } folder ? RunFolder.ErrorFileIn(folder) : null;

    private string? Folder => Name is { } known ? Path.Combine(Context.Results, known) : null;

    /// <summary>To measure it, it may start from random weights: a step costs the same.</summary>
    internal override void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token) =>
        FineTuning.Run(options, encoder?.Result?.WeightsPath(), Context.Data.ForTraining, new RunPlace(results, compute, Context.Options.FineTuneProfile), progress, token);

    /// <summary>With its share of the validation after each epoch, whose slices go forward only: about a third of what they cost in a step.</summary>
    internal override StepCost MeasureStep(int? steps, CancellationToken token)
    {
        var cost = base.MeasureStep(steps, token);
        var (store, validation) = (Context.Data.Training.Store, Context.Data.Split.Validation);
        return cost with { Seconds = cost.Seconds * (1 + (store.SlicesOf(validation).Length / (3.0 * LabelledSlices))) };
    }

    private string NameOf(string? digest) =>
        FineTuning.IdentityOf(options, digest, Context.Data.ForTraining, Context.Options.FineTuneProfile).Name;
}
