using System.Globalization;
using PolyCL.Core;
using PolyCL.Sam;
using PolyCL.Training;

namespace PolyCL.Studies.Masks;

/// <summary>SAM and SAM 2 of a study, opened when the first job needs them.</summary>
internal sealed class StudySam : IDisposable
{
    private readonly StudySamOptions options;
    private readonly Profile profile;
    private readonly ComputeOptions compute;
    private readonly EmbeddingCache? cache;
    private readonly Dictionary<string, string> digests = [];
    private SamRefiner? refiner;
    private Sam2? model;

    /// <param name="options">Weights and settings.</param>
    /// <param name="profile">In the small profiles the small weights stand in for missing ones.</param>
    /// <param name="results">Where embeddings are kept.</param>
    /// <param name="compute">Where they compute.</param>
    public StudySam(StudySamOptions options, Profile profile, string results, ComputeOptions compute)
    {
        (this.options, this.profile, this.compute) = (options, profile, compute);
        cache = options.CacheBytes > 0 ? new EmbeddingCache(Path.Combine(results, "embeddings"), options.CacheBytes) : null;
    }

    private string Weights => options.Weights ?? TinyWeights.Sam;

    private string Weights2 => options.Weights2 ?? TinyWeights.Sam2;

    /// <summary>What a use needs and the study does not have, or null.</summary>
    public string? Need(SamUse use) => use switch
    {
        SamUse.Refine when profile == Profile.Paper && options.Weights is null => "needs SAM's weights: give Meta's file, such as sam_vit_b_01ec64.pth (--sam FILE)",
        SamUse.Propagate when profile == Profile.Paper && options.Weights2 is null => "needs SAM 2's weights: give Meta's file, such as sam2.1_hiera_tiny.pt (--sam2 FILE)",
        _ => null,
    };

    /// <summary>Checks that the weight file of a use is there, before anything is trained for it.</summary>
    /// <exception cref="WeightMismatchException">It is not; the message says where to get it.</exception>
    public void MustBeThere(SamUse use)
    {
        if (use == SamUse.Refine && Need(use) is null)
        {
            OfficialWeights.MustExist(Weights, OfficialWeights.Sam);
        }
        else if (use == SamUse.Propagate && Need(use) is null)
        {
            OfficialWeights.MustExist(Weights2, OfficialWeights.Sam2);
        }
    }

    /// <summary>The step of an arm; opens the network.</summary>
    /// <exception cref="WeightMismatchException">The weight file is absent, damaged, or of another network.</exception>
    public IMaskStep Step(StudyArm arm) => arm.Sam == SamUse.Refine
        ? new BoxRefinement(refiner ??= SamRefiner.Load(Weights, options.Refinement, compute.Open(), cache), Definition(arm))
        : new SlicePropagation(model ??= Sam2.Load(Weights2, new Sam2Options { Precision = options.Precision }, compute.Open(), cache), options, arm.AnnotatedEvery, Definition(arm));

    /// <summary>How an arm's masks come to be, in words.</summary>
    public string Definition(StudyArm arm) => arm.Sam == SamUse.Refine ? Refinement(arm) : Propagation(arm);

    /// <summary>Everything that decides an arm's masks beside its coarse masks.</summary>
    public MaskIdentity Identity(StudyArm arm) => new()
    {
        Use = arm.Sam,
        Weights = arm.Sam == SamUse.Refine ? Digest(Weights) : Digest(Weights2),
        TrueMasks = arm.IsBound,
        Refinement = arm.Sam == SamUse.Refine ? options.Refinement : null,
        Propagation = arm.Sam == SamUse.Refine ? null : new(arm.AnnotatedEvery, options.Range, options.EffectivePasses, options.StretchSlices, options.Precision),
    };

    /// <summary>The same as it was named up to version 0.1.</summary>
    public string Worded(StudyArm arm) =>
        arm.Sam == SamUse.Refine ? WordedIdentity.Refinement(arm, options, Digest(Weights)) : WordedIdentity.Propagation(arm, options, Digest(Weights2));

    private string Refinement(StudyArm arm)
    {
        var boxes = options.Refinement.Boxes == BoxRule.OnePerSlice ? "one box a slice" : "one box each connected area";
        var source = arm.IsBound ? "the true masks, an upper bound" : "the predicted masks";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SAM ({Name(options.Weights)}) asked with {boxes} round {source}, margin {options.Refinement.Margin:0.##} px{(options.Refinement.BestOfThree ? ", the best of three masks" : "")}");
    }

    private string Propagation(StudyArm arm)
    {
        var labelled = options.Range == SliceRange.Labelled;
        var mask = arm.IsBound ? "true mask" : "predicted mask";
        var from = arm.AnnotatedEvery > 0
            ? string.Create(CultureInfo.InvariantCulture, $"the {mask} of every {arm.AnnotatedEvery}th slice, the given slices scored too")
            : labelled ? $"the {mask} of the middle slice{(arm.IsBound ? ", that slice scored too" : ", or of the next that has one")}"
            : $"the {mask} of the slice where it is largest";
        var range = labelled ? "the kept slices that show the organ by their labels" : "all kept slices until the object is gone; no label is used";
        return $"SAM 2 ({Name(options.Weights2)}) from {from}, through {range}{(arm.IsBound ? "; an upper bound" : "")}";
    }

    private string Name(string? path) => path is null ? TinyWeights.Label : $"{Path.GetFileName(path)}, {Digest(path)[..12]}";

    private string Digest(string path) => digests.TryGetValue(path, out var known) ? known : digests[path] = ContentHash.OfFile(path);

    /// <inheritdoc/>
    public void Dispose()
    {
        refiner?.Dispose();
        model?.Dispose();
    }
}
