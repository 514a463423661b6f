using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The evaluation of an arm's segmenter on the test scans of a table.</summary>
internal sealed class EvaluationJob(StudyContext context, StudyArm arm, FineTuneJob model, StudyProtocol protocol) : StudyJob(context, arm, model.Seed, model)
{
    private StoredEvaluation? stored;

    /// <inheritdoc/>
    public override StudyJobKind Kind => StudyJobKind.Evaluate;

    /// <summary>The table it is for.</summary>
    public StudyProtocol Protocol { get; } = protocol;

    /// <summary>The fine-tuning whose weights it scores.</summary>
    public FineTuneJob Model { get; } = model;

    /// <inheritdoc/>
    public override string? Name => File is { } file ? $"{Model.Name}/{Path.GetFileNameWithoutExtension(file)}" : null;

    /// <inheritdoc/>
    public override long Steps => TestScans.Sum(scan => (long)scan.SliceCount);

    /// <inheritdoc/>
    public override string? Holder => File is { } file ? StoredEvaluation.HolderOf(file) : null;

    /// <summary>The scores, or null while they are not there.</summary>
    public Evaluation? Evaluation => Stored?.Evaluation;

    /// <summary>The scans it scores.</summary>
    public IReadOnlyList<StoredScan> TestScans =>
        Protocol.CrossDomain ? Store.Scans : [.. Store.Scans.Where(scan => Context.Data.Split.Test.Contains(scan.Id))];

    internal override double? MeasuredStepSeconds => Stored is { } made && Steps > 0 ? made.Seconds / Steps : null;

    /// <inheritdoc/>
    protected override string Verb => FormattableString.Invariant($"evaluate (Table {Protocol.Table})");

    /// <inheritdoc/>
    protected override bool IsFinished => Stored is not null;

    /// <inheritdoc/>
    protected override bool IsBegun => false;

    /// <inheritdoc/>
    protected override string? ErrorFile => File is { } file ? Path.ChangeExtension(file, ".error.json") : null;

    private SliceStore Store => Context.Data.TestOf(Protocol).Store;

    private string? File => Model.Result is { } run ? StoredEvaluation.FileOf(run, Store, Protocol.Part) : null;

    private StoredEvaluation? Stored => stored ??= File is { } file ? StoredEvaluation.TryRead(file) : null;

    internal override void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token) =>
        stored = StoredEvaluation.Make(
            Model.Result ?? throw new InvalidOperationException($"{Model.Label} is not finished; run it first."), Store, Protocol.Part, compute, progress, token);
}
