using PolyCL.Data;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>A job that scores masks on the test scans of a table.</summary>
internal abstract class ScoreJob(StudyContext context, StudyArm arm, long seed, FineTuneJob? model, StudyProtocol protocol) : StudyJob(context, arm, seed, model)
{
    private StoredEvaluation? stored;

    /// <summary>The table it is for, the first of several.</summary>
    public StudyProtocol Protocol { get; } = protocol;

    /// <summary>The fine-tuning whose masks are scored; null for an upper bound.</summary>
    public FineTuneJob? Model { get; } = model;

    /// <inheritdoc/>
    public override string? Name => File is { } file ? Path.ChangeExtension(Path.GetRelativePath(Context.Results, file), null) : null;

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

    /// <summary>The slices of the test scans.</summary>
    protected SliceStore Store => Context.Data.TestOf(Protocol).Store;

    /// <summary>The file of the scores, or null while the weights that they depend on are not there.</summary>
    protected abstract string? File { get; }

    /// <inheritdoc/>
    protected override bool IsFinished => Stored is not null;

    /// <inheritdoc/>
    protected override bool IsBegun => false;

    /// <inheritdoc/>
    protected override string? ErrorFile => File is { } file ? Path.ChangeExtension(file, ".error.json") : null;

    /// <summary>The finished fine-tuning.</summary>
    protected RunResult Trained => Model?.Result ?? throw new InvalidOperationException($"{Label}: its fine-tuning is not finished; run it first.");

    private StoredEvaluation? Stored => stored ??= File is { } file ? StoredEvaluation.TryRead(file) : null;

    /// <summary>Keeps what was made.</summary>
    protected void Keep(StoredEvaluation made) => stored = made;
}
