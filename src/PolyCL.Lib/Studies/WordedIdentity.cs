using System.Globalization;
using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Sam;

namespace PolyCL.Studies;

/// <summary>The identity of evaluations up to version 0.1, which were named by sentences and by the names of weight files: the second key to find them by.</summary>
/// <remarks>Its words are those of that version and never change, whatever becomes of the sentences that people read.</remarks>
/// <param name="AlgorithmVersion">1.</param>
/// <param name="Weights">Digest of the weights.</param>
/// <param name="Data">Fingerprint of the slices.</param>
/// <param name="Part">Which of their scans.</param>
/// <param name="Definition">How scores are made, in words.</param>
/// <param name="Masks">How SAM or SAM 2 made the masks, in words, or null for those of the weights alone.</param>
internal sealed record WordedIdentity(
    int AlgorithmVersion, string Weights, string Data, string Part, string Definition, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Masks)
{
    private const string Scores =
        "kept slices on the network's grid; volume: per scan, mm, mean over scans; slice: per slice, px of that grid; paper_code: as the authors' code, batch size 1";

    public static WordedIdentity Of(string weights, SliceStore store, string part, string? masks = null) => new(1, weights, store.Fingerprint, part, Scores, masks);

    /// <summary>SAM's masks of an arm.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="options">SAM's settings.</param>
    /// <param name="digest">SHA-256 of the weight file.</param>
    public static string Refinement(StudyArm arm, StudySamOptions options, string digest)
    {
        var boxes = options.Refinement.Boxes == BoxRule.OnePerSlice ? "one box a slice" : "one box each connected area";
        var source = arm.IsBound ? "the true masks, an upper bound" : "the predicted masks";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{digest} {SettingsJson.ToLine(options.Refinement)} SAM ({Name(options.Weights, digest)}) asked with {boxes} round {source}, margin {options.Refinement.Margin:0.##} px{(options.Refinement.BestOfThree ? ", the best of three masks" : "")}");
    }

    /// <summary>SAM 2's masks of an arm.</summary>
    /// <inheritdoc cref="Refinement"/>
    public static string Propagation(StudyArm arm, StudySamOptions options, string digest)
    {
        var labelled = options.Range == SliceRange.Labelled;
        var mask = arm.IsBound ? "true mask" : "predicted mask";
        var from = arm.AnnotatedEvery > 0
            ? string.Create(CultureInfo.InvariantCulture, $"the {mask} of every {arm.AnnotatedEvery}th slice, the given slices scored too")
            : labelled ? $"the {mask} of the middle slice{(arm.IsBound ? ", that slice scored too" : ", or of the next that has one")}"
            : $"the {mask} of the slice where it is largest";
        var range = labelled ? "the kept slices that show the organ by their labels" : "all kept slices until the object is gone; no label is used";
        var settings = SettingsJson.ToLine(options with { Weights = null, Weights2 = null, Refinement = new SamOptions(), CacheBytes = 0 });
        return $"{digest} {settings} SAM 2 ({Name(options.Weights2, digest)}) from {from}, through {range}{(arm.IsBound ? "; an upper bound" : "")}";
    }

    private static string Name(string? path, string digest) => path is null ? "phantom-tiny, not Meta's weights" : $"{Path.GetFileName(path)}, {digest[..12]}";
}
