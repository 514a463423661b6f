using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Imaging;
using PolyCL.Training;

namespace PolyCL.Studies;

/// <summary>Segments a whole scan file and writes the mask in the scan's own geometry.</summary>
public sealed record VolumePrediction
{
    private const double Threshold = 0.5;

    /// <summary>The scan.</summary>
    public required string Image { get; init; }

    /// <summary>The mask file.</summary>
    public required string Mask { get; init; }

    /// <summary>The probability file, or null.</summary>
    public string? ProbabilityMap { get; init; }

    /// <summary>Profile of the model.</summary>
    public required string Profile { get; init; }

    /// <summary>How the model came to be.</summary>
    public required string Model { get; init; }

    /// <summary>Slices of the scan.</summary>
    public required int Slices { get; init; }

    /// <summary>Slices with at least one organ pixel.</summary>
    public required int OrganSlices { get; init; }

    /// <summary>Organ voxels.</summary>
    public required long OrganVoxels { get; init; }

    /// <summary>Organ volume in millilitres, by the file's spacing.</summary>
    public required double Millilitres { get; init; }

    /// <summary>What a user should know of the input, or null.</summary>
    public string? Warning { get; init; }

    /// <summary>Predicts every axial slice, brings the probabilities back to the scan's pixels and cuts at 0.5.</summary>
    /// <param name="predictor">The segmenter.</param>
    /// <param name="image">A NIfTI scan in HU.</param>
    /// <param name="mask">The mask to write, .nii or .nii.gz; uint8, 0 or 1, affine and axis order of the scan.</param>
    /// <param name="probabilityMap">Also write the probabilities as float32, or null.</param>
    /// <param name="options">How the scan is read.</param>
    /// <param name="progress">Told after every few slices.</param>
    /// <param name="token">Stops between batches; nothing is written then.</param>
    /// <exception cref="ScanFormatException">The scan is no readable NIfTI volume.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static VolumePrediction Of(
        Predictor predictor,
        string image,
        string mask,
        string? probabilityMap = null,
        NiftiReadOptions? options = null,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        var (scan, voxelNotes) = HuVolume.Read(image, options);
        var order = predictor.Card.Preparation.Order;
        var view = SlicePipeline.View(scan, order);
        var probabilities = Predict(predictor, view, progress, token);
        var organ = new byte[probabilities.Length];
        long voxels = 0;
        var slices = new HashSet<long>();
        for (var i = 0L; i < organ.LongLength; i++)
        {
            if (probabilities[i] > Threshold)
            {
                organ[i] = 1;
                voxels++;
                slices.Add(i / ((long)view.Shape.X * view.Shape.Y));
            }
        }

        NiftiWriter.Write(mask, Back(organ, view, scan, order));
        if (probabilityMap is not null)
        {
            NiftiWriter.Write(probabilityMap, Back(probabilities, view, scan, order));
        }

        return new VolumePrediction
        {
            Image = image,
            Mask = mask,
            ProbabilityMap = probabilityMap,
            Profile = predictor.Card.Profile,
            Model = predictor.Card.Origin,
            Slices = view.Shape.Z,
            OrganSlices = slices.Count,
            OrganVoxels = voxels,
            Millilitres = voxels * scan.Affine.VoxelVolume / 1000,
            Warning = WarningOf(scan, voxelNotes),
        };
    }

    private static string? WarningOf(Volume scan, IReadOnlyList<string> voxelNotes)
    {
        var notes = scan.Notes.Concat(voxelNotes).Select(note => $"{note}.").ToList();
        if (!scan.OrientationKnown)
        {
            notes.Add("the file names no orientation; the axes were taken as L, A, S. Check the mask, or give --orientation.");
        }

        return notes.Count > 0 ? string.Join(' ', notes) : null;
    }

    private static float[] Predict(Predictor predictor, Volume view, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var size = predictor.Card.Preparation.Size;
        var (width, height, depth) = (view.Shape.X, view.Shape.Y, view.Shape.Z);
        var pipeline = new SlicePipeline(predictor.Card.Preparation);
        var result = new float[(long)width * height * depth];
        var pixels = new float[predictor.BatchSize * size * size];
        for (var start = 0; start < depth; start += predictor.BatchSize)
        {
            var count = Math.Min(predictor.BatchSize, depth - start);
            for (var i = 0; i < count; i++)
            {
                pipeline.Pixels(view, start + i, pixels.AsSpan(i * size * size, size * size));
            }

            var small = predictor.Probabilities(pixels, count, token);
            for (var i = 0; i < count; i++)
            {
                var slice = new Span<float>(result, checked((start + i) * width * height), width * height);
                SliceResize.Bilinear(small.AsSpan(i * size * size, size * size), size, size, slice, height, width);
            }

            progress?.Report(new ProgressReport("predict", start + count, depth));
        }

        return result;
    }

    /// <summary>Undoes the view: the scan's axis order, shape and exact affine.</summary>
    private static Volume Back<T>(T[] voxels, Volume view, Volume scan, SliceOrder order)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var seen = Volume.FromArray(view.Shape, view.Affine, voxels);
        return (order == SliceOrder.Canonical ? seen.Reorient(scan.Orientation) : seen.TransposeInPlane()).WithGeometryOf(scan);
    }
}
