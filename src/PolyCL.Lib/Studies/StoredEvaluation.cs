using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Studies.Masks;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>An evaluation kept beside its run: its name is the hash of what was evaluated, on what, and how.</summary>
internal sealed record StoredEvaluation
{
    private const string Kind = "evaluation";

    /// <summary>What it is an evaluation of.</summary>
    /// <remarks>For people: those of earlier versions have another shape.</remarks>
    public required JsonElement Identity { get; init; }

    /// <summary>Seconds it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The evaluation.</summary>
    public required Evaluation Evaluation { get; init; }

    /// <summary>The file of an evaluation, whether it is there or not.</summary>
    public static string FileOf(RunResult run, SliceStore store, string part) =>
        FileOf(run.Folder, EvaluationIdentity.Of(run.WeightsDigest, store, part), WordedIdentity.Of(run.WeightsDigest, store, part));

    /// <summary>The file of an evaluation, whether it is there or not; that of an earlier version where it alone is there.</summary>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="identity">What is evaluated, on what, and how.</param>
    /// <param name="earlier">The same as it was named earlier.</param>
    public static string FileOf(string folder, EvaluationIdentity identity, WordedIdentity earlier)
    {
        var (file, old) = (Named(folder, SettingsJson.ToText(identity)), Named(folder, SettingsJson.ToText(earlier)));
        return !File.Exists(file) && File.Exists(old) ? old : file;
    }

    /// <summary>Reads an evaluation, or null when it is not there.</summary>
    /// <exception cref="RunStateException">The file is damaged.</exception>
    public static StoredEvaluation? TryRead(string file) =>
        File.Exists(file) ? SettingsJson.Read<StoredEvaluation>(File.ReadAllText(file), file) : null;

    /// <summary>Who makes an evaluation now, in words, or null.</summary>
    public static string? HolderOf(string file) => Claim.HolderOf(ClaimOf(file));

    /// <summary>Evaluates a finished fine-tuning, or reads what was stored.</summary>
    /// <exception cref="RunStateException">Another process makes it.</exception>
    /// <exception cref="DatasetException">The scans cannot be evaluated; see <see cref="Evaluation.Of"/>.</exception>
    public static StoredEvaluation Make(
        RunResult run, SliceStore store, string part, ComputeOptions compute, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        return Make(FileOf(run, store, part), EvaluationIdentity.Of(run.WeightsDigest, store, part), compute, Evaluate);

        Evaluation Evaluate()
        {
            using var predictor = Predictor.Open(run.WeightsPath(), compute);
            return Evaluation.Of(predictor, store, part, progress, token);
        }
    }

    /// <summary>Makes an evaluation, or reads what was stored.</summary>
    /// <exception cref="RunStateException">Another process makes it.</exception>
    public static StoredEvaluation Make(string file, EvaluationIdentity identity, ComputeOptions compute, Func<Evaluation> evaluate)
    {
        if (TryRead(file) is { } ready)
        {
            return ready;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var claim = Claim.TryTake(ClaimOf(file), compute.ClaimExpiry, out var holder)
            ?? throw new RunStateException($"{file}: another process makes this evaluation ({holder}); wait for it.", file) { IsHeld = true };
        if (TryRead(file) is not { } evaluated)
        {
            var watch = Stopwatch.StartNew();
            var evaluation = evaluate();
            evaluated = new StoredEvaluation { Identity = SettingsJson.Read<JsonElement>(SettingsJson.ToLine(identity), file), Seconds = watch.Elapsed.TotalSeconds, Evaluation = evaluation };
            AtomicFile.WriteText(file, SettingsJson.ToText(evaluated));
        }

        claim.Finish();
        return evaluated;
    }

    private static string Named(string folder, string identity) => Path.Combine(folder, RunFolder.NameOf(Kind, identity) + ".json");

    private static string ClaimOf(string file) => Path.Combine(Path.GetDirectoryName(file)!, $".{Path.GetFileNameWithoutExtension(file)}.claim");
}

/// <summary>What makes two evaluations the same: settings and digests, no words.</summary>
/// <param name="AlgorithmVersion">Raised when a change of the code changes scores.</param>
/// <param name="Weights">Digest of the weights.</param>
/// <param name="Data">Fingerprint of the slices.</param>
/// <param name="Part">Which of their scans.</param>
/// <param name="Masks">How SAM or SAM 2 made the masks, or null for those of the weights alone.</param>
internal sealed record EvaluationIdentity(
    int AlgorithmVersion, string Weights, string Data, string Part, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MaskIdentity? Masks)
{
    private const int Version = 1;

    public static EvaluationIdentity Of(string weights, SliceStore store, string part, MaskIdentity? masks = null) =>
        new(Version, weights, store.Fingerprint, part, masks);
}
