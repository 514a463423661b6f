using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Sam;

/// <summary>Refines the coarse mask of a whole scan file, slice by slice, and writes the result in the scan's own geometry.</summary>
public sealed record VolumeRefinement
{
    /// <summary>The scan.</summary>
    public required string Image { get; init; }

    /// <summary>The coarse mask.</summary>
    public required string CoarseMask { get; init; }

    /// <summary>The refined mask's file.</summary>
    public required string Mask { get; init; }

    /// <summary>Size of the SAM network.</summary>
    public required string Model { get; init; }

    /// <summary>What the weight file says its weights are, such as <see cref="TinyWeights.Label"/>; null for Meta's and others'.</summary>
    public required string? ModelLabel { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>How the masks were refined.</summary>
    public required SamOptions Options { get; init; }

    /// <summary>The HU range that SAM saw.</summary>
    public required Window Window { get; init; }

    /// <summary>Slices of the scan.</summary>
    public required int Slices { get; init; }

    /// <summary>Slices with a coarse mask; the others stay empty.</summary>
    public required int RefinedSlices { get; init; }

    /// <summary>Boxes asked in all.</summary>
    public required int Boxes { get; init; }

    /// <summary>Mean over the boxes of the model's own estimate of its mask's overlap with the truth, about 0 to 1.</summary>
    public required double MeanQuality { get; init; }

    /// <summary>Slices whose embedding was found in the cache.</summary>
    public required int FoundEmbeddings { get; init; }

    /// <summary>Voxels of the coarse mask.</summary>
    public required long CoarseVoxels { get; init; }

    /// <summary>Voxels of the refined mask.</summary>
    public required long Voxels { get; init; }

    /// <summary>Volume of the refined mask in millilitres, by the scan's spacing.</summary>
    public required double Millilitres { get; init; }

    /// <summary>What a user should know of the input, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Refines every axial slice that has a coarse mask.</summary>
    /// <param name="refiner">SAM.</param>
    /// <param name="image">A NIfTI scan in HU.</param>
    /// <param name="coarseMask">A mask or label map on the same grid; its axes may be stored in another order.</param>
    /// <param name="mask">The mask to write, .nii or .nii.gz; uint8, 0 or 1, affine and axis order of the scan.</param>
    /// <param name="window">The HU range shown to SAM; null for 40/400, as slices are prepared.</param>
    /// <param name="label">The label to refine; null for every value above 0.</param>
    /// <param name="orientation">The true axis order of both files when their own is missing or wrong.</param>
    /// <param name="progress">Told after each slice with a coarse mask.</param>
    /// <param name="token">Stops between slices; nothing is written then.</param>
    /// <exception cref="ScanFormatException">A file is unreadable, the two are not on one grid, or the mask has no foreground.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="ArgumentException">The mask to write has another ending, or is one of the inputs.</exception>
    public static VolumeRefinement Of(
        SamRefiner refiner,
        string image,
        string coarseMask,
        string mask,
        Window? window = null,
        int? label = null,
        Orientation? orientation = null,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(refiner);
        List<string> warnings = refiner.Warning is { } doubt ? [doubt] : [];
        var pair = ScanWithMask.Read(image, coarseMask, mask, label, orientation, "refine", warnings);
        var (view, coarse) = (pair.View, pair.Mask);
        var found = refiner.Cache?.Found ?? 0;
        var result = Refine(refiner, view, coarse, window ?? Window.Abdomen, progress, token, out var slices);
        pair.Write(mask, result);
        long voxels = result.AsSpan().Count((byte)1);
        return new VolumeRefinement
        {
            Image = image,
            CoarseMask = coarseMask,
            Mask = mask,
            Model = refiner.Model,
            ModelLabel = refiner.ModelLabel,
            ModelSha256 = refiner.Sha256,
            Options = refiner.Options,
            Window = window ?? Window.Abdomen,
            Slices = view.Shape.Z,
            RefinedSlices = slices.Count,
            Boxes = slices.Sum(slice => slice.Boxes.Count),
            MeanQuality = slices.SelectMany(slice => slice.Qualities).Average(quality => (double)quality),
            FoundEmbeddings = (refiner.Cache?.Found ?? 0) - found,
            CoarseVoxels = coarse.AsSpan().Count((byte)1),
            Voxels = voxels,
            Millilitres = pair.Millilitres(voxels),
            Warnings = warnings,
        };
    }

    private static byte[] Refine(
        SamRefiner refiner, Volume view, byte[] coarse, Window window, IProgress<ProgressReport>? progress, CancellationToken token, out List<RefinedSlice> slices)
    {
        var (width, height, depth) = (view.Shape.X, view.Shape.Y, view.Shape.Z);
        var plane = width * height;
        var shares = new float[plane];
        var result = new byte[coarse.Length];
        var filled = Enumerable.Range(0, depth).Where(z => coarse.AsSpan(z * plane, plane).Contains((byte)1)).ToList();
        slices = [];
        foreach (var z in filled)
        {
            token.ThrowIfCancellationRequested();
            view.CopySlice(z, shares);
            window.Apply(shares);
            var refined = refiner.Refine(shares, coarse.AsSpan(z * plane, plane), height, width);
            refined.Mask.CopyTo(result, z * plane);
            slices.Add(refined);
            progress?.Report(new ProgressReport("refine", slices.Count, filled.Count));
        }

        return result;
    }
}
