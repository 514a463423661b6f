using PolyCL.Core;
using PolyCL.Imaging;
using PolyCL.Metrics;
using PolyCL.Sam.Modules;

namespace PolyCL.Sam;

/// <summary>Carries the mask of one slice through a scan file with SAM 2 and writes the masks in the scan's own geometry (paper §3.3.2).</summary>
public sealed record VolumePropagation
{
    /// <summary>The scan.</summary>
    public required string Image { get; init; }

    /// <summary>The file with the reference slice's mask.</summary>
    public required string ReferenceMask { get; init; }

    /// <summary>The file of masks.</summary>
    public required string Mask { get; init; }

    /// <summary>Size of the SAM 2 network.</summary>
    public required string Model { get; init; }

    /// <summary>What the weight file says its weights are, such as <see cref="TinyWeights.Label"/>; null for Meta's and others'.</summary>
    public required string? ModelLabel { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>How the mask was carried, with the range's name.</summary>
    public required VolumePropagationOptions Options { get; init; }

    /// <summary>Slices of the scan.</summary>
    public required int Slices { get; init; }

    /// <summary>Slices with an annotation in <see cref="ReferenceMask"/>.</summary>
    public required int AnnotatedSlices { get; init; }

    /// <summary>The reference slice, counted from the feet from 0, as all slices here.</summary>
    public required int Reference { get; init; }

    /// <summary>The first slice that was come to.</summary>
    public required int First { get; init; }

    /// <summary>The last slice that was come to.</summary>
    public required int Last { get; init; }

    /// <summary>Voxels of the masks.</summary>
    public required long Voxels { get; init; }

    /// <summary>Volume of the masks in millilitres, by the scan's spacing.</summary>
    public required double Millilitres { get; init; }

    /// <summary>Mean Dice over the annotated slices, a slice that was not come to counting 0; null when only the reference slice has an annotation.</summary>
    public required double? Dice { get; init; }

    /// <summary>Slices in that mean.</summary>
    public required int ScoredSlices { get; init; }

    /// <summary>Each slice that was come to.</summary>
    public required IReadOnlyList<PropagatedSlice> Propagated { get; init; }

    /// <summary>What a user should know of the input, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Carries the mask.</summary>
    /// <param name="model">SAM 2.</param>
    /// <param name="image">A NIfTI scan in HU.</param>
    /// <param name="referenceMask">A mask or label map on the same grid: of one slice, or of several with a rule in the options.</param>
    /// <param name="mask">The masks to write, .nii or .nii.gz; uint8, 0 or 1, affine and axis order of the scan.</param>
    /// <param name="options">Range, reference, passes, window.</param>
    /// <param name="label">The label that counts; null for every value above 0.</param>
    /// <param name="orientation">The true axis order of both files when their own is missing or wrong.</param>
    /// <param name="progress">Told after each slice.</param>
    /// <param name="token">Stops between slices; nothing is written then.</param>
    /// <exception cref="ScanFormatException">
    /// A file is unreadable, the two are not on one grid, the scan has one slice, or the mask's slices do not fit the options.
    /// </exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="ArgumentException">The file to write has another ending, or is one of the inputs.</exception>
    public static VolumePropagation Of(
        Sam2 model,
        string image,
        string referenceMask,
        string mask,
        VolumePropagationOptions? options = null,
        int? label = null,
        Orientation? orientation = null,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new VolumePropagationOptions();
        List<string> warnings = model.Warning is { } doubt ? [doubt] : [];
        var pair = ScanWithMask.Read(image, referenceMask, mask, label, orientation, "propagate", warnings);
        var shape = pair.View.Shape;
        if (shape.Z == 1)
        {
            throw new ScanFormatException(image, "shape", "it has one axial slice; there is nothing to propagate to. Give a whole scan, or its orientation.");
        }

        var annotated = new AnnotatedSlices(referenceMask, pair.Mask, shape.X * shape.Y);
        var reference = annotated.Reference(options.Reference, options.ReferenceIndex);
        if (options.Range == SliceRange.Labelled)
        {
            annotated.MustBeSeveral();
        }

        var range = options.Range == SliceRange.Labelled ? annotated.Numbers : [.. Enumerable.Range(0, shape.Z)];
        var masks = model.Propagate(
            Sequence(pair.View, range, options), range.ToList().IndexOf(reference), annotated.Of(reference), options.EffectivePasses, progress, token);
        var result = new byte[pair.Mask.Length];
        foreach (var found in masks)
        {
            found.Mask.CopyTo(result, range[found.Slice] * found.Mask.Length);
        }

        pair.Write(mask, result);
        var scores = Scores(annotated, result, shape.X * shape.Y);
        var scored = scores.Where(score => options.ScoreReference || score.Key != reference).Select(score => score.Value).ToList();
        long voxels = result.AsSpan().Count((byte)1);
        return new VolumePropagation
        {
            Image = image,
            ReferenceMask = referenceMask,
            Mask = mask,
            Model = model.Architecture.Name,
            ModelLabel = model.ModelLabel,
            ModelSha256 = model.Sha256,
            Options = options with { Passes = options.EffectivePasses },
            Slices = shape.Z,
            AnnotatedSlices = annotated.Numbers.Count,
            Reference = reference,
            First = range[masks[0].Slice],
            Last = range[masks[^1].Slice],
            Voxels = voxels,
            Millilitres = pair.Millilitres(voxels),
            Dice = scores.Count > 0 ? scored.Average() : null,
            ScoredSlices = scored.Count,
            Propagated = [.. masks.Select(found => new PropagatedSlice(
                range[found.Slice],
                found.IsReference,
                found.ObjectScore,
                found.PredictedIou,
                found.Pixels,
                scores.TryGetValue(range[found.Slice], out var dice) ? dice : null))],
            Warnings = warnings,
        };
    }

    /// <summary>Dice of each annotated slice; none when only one has an annotation.</summary>
    private static SortedDictionary<int, double> Scores(AnnotatedSlices annotated, byte[] result, int plane)
    {
        SortedDictionary<int, double> scores = [];
        if (annotated.Numbers.Count > 1)
        {
            foreach (var slice in annotated.Numbers)
            {
                scores.Add(slice, MaskCounts.Of(result.AsSpan(slice * plane, plane), annotated.Of(slice)).Dice);
            }
        }

        return scores;
    }

    private static SliceSequence Sequence(Volume view, IReadOnlyList<int> range, VolumePropagationOptions options)
    {
        var shares = new float[view.Shape.X * view.Shape.Y];
        return new SliceSequence(range.Count, view.Shape.Y, view.Shape.X, (slice, pixels) =>
        {
            view.CopySlice(range[slice], shares);
            options.Window.Apply(shares);
            if (options.StretchSlices)
            {
                Stretch(shares);
            }

            SamImage.GreyLevels(shares).CopyTo(pixels);
        });
    }

    /// <summary>Least value to 0, largest to 1; a constant slice to 0.</summary>
    private static void Stretch(Span<float> shares)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var share in shares)
        {
            (low, high) = (MathF.Min(low, share), MathF.Max(high, share));
        }

        foreach (ref var share in shares)
        {
            share = high > low ? (share - low) / (high - low) : 0;
        }
    }
}
