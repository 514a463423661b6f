using System.Diagnostics;
using PolyCL.Core;
using PolyCL.Models;
using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>SAM or SAM 2 on the masks of an arm's segmenter, or on the truth for an upper bound, scored on the test scans.</summary>
internal sealed class SamJob(StudyContext context, StudyArm arm, long seed, FineTuneJob? model, StudyProtocol protocol) : ScoreJob(context, arm, seed, model, protocol)
{
    /// <summary>Folder of the upper bounds, which belong to no run.</summary>
    public const string BoundsFolder = "upper-bounds";

    private string? file;

    /// <inheritdoc/>
    public override StudyJobKind Kind => Arm.Sam == SamUse.Refine ? StudyJobKind.Refine : StudyJobKind.Propagate;

    /// <inheritdoc/>
    internal override BackboneKind? Backbone => null;

    /// <inheritdoc/>
    protected override string Verb => Arm.Sam == SamUse.Refine ? "refine" : "propagate";

    /// <inheritdoc/>
    protected override string? File => file ??= Model is null ? FileIn(Path.Combine(Context.Results, BoundsFolder), "") : Model.Result is { } run ? FileIn(run.Folder, run.WeightsDigest) : null;

    internal override void Work(ComputeOptions compute, string results, IProgress<ProgressReport> progress, CancellationToken token)
    {
        var step = Context.Sam.Step(Arm);
        Keep(StoredEvaluation.Make(
            File!,
            Identity(Model is null ? "" : Trained.WeightsDigest),
            compute,
            () =>
            {
                if (Model is null)
                {
                    return Evaluation.OfBound(step, Store, TestScans, Protocol.Part, Context.Options.FineTuneProfile, BoundsFolder, Seed, progress, token);
                }

                using var predictor = Predictor.Open(Trained.WeightsPath(), compute);
                return Evaluation.OfStep(predictor, Store, Protocol.Part, step, progress, token);
            }));
    }

    /// <summary>A slice costs the same whatever its coarse mask: the truth of one scan does.</summary>
    internal override StepCost MeasureStep(int? steps, CancellationToken token) => StepMeasurement.WithMemory(this, () =>
    {
        var step = Context.Sam.Step(Arm);
        var scan = ScanSlices.Read(Store, TestScans.MaxBy(scan => scan.SliceCount)!);
        var watch = Stopwatch.StartNew();
        step.Make(scan, scan.Truth, token);
        return watch.Elapsed.TotalSeconds / scan.Count;
    });

    private string FileIn(string folder, string weights) =>
        StoredEvaluation.FileOf(folder, Identity(weights), WordedIdentity.Of(weights, Store, Protocol.Part, Context.Sam.Worded(Arm)));

    private EvaluationIdentity Identity(string weights) => EvaluationIdentity.Of(weights, Store, Protocol.Part, Context.Sam.Identity(Arm));
}
