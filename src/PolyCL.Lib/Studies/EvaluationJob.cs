using PolyCL.Core;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>The evaluation of an arm's segmenter on the test scans of a table.</summary>
internal sealed class EvaluationJob(StudyContext context, StudyArm arm, FineTuneJob model, StudyProtocol protocol) : ScoreJob(context, arm, model.Seed, model, protocol)
{
    /// <inheritdoc/>
    public override StudyJobKind Kind => StudyJobKind.Evaluate;

    /// <inheritdoc/>
    protected override string Verb => FormattableString.Invariant($"evaluate (Table {Protocol.Table})");

    /// <inheritdoc/>
    protected override string? File => Model?.Result is { } run ? StoredEvaluation.FileOf(run, Store, Protocol.Part) : null;

    internal override void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token) =>
        Keep(StoredEvaluation.Make(Trained, Store, Protocol.Part, compute, progress, token));
}
