using System.Globalization;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>A predicted and a true mask of one scan, read from files and brought to one axis order.</summary>
/// <remarks>Both are reordered to LPS, so that slices are axial whatever the storage order. The grid is the truth's; mm are measured along its true axes.</remarks>
public sealed class ScanPair
{
    /// <summary>Share of the smallest spacing by which corners may differ without a warning.</summary>
    private const double PositionTolerance = 0.1;
    private readonly float[] prediction;
    private readonly byte[] truth;

    private readonly Affine grid;

    private ScanPair(float[] prediction, byte[] truth, VolumeShape shape, Affine grid, IReadOnlyList<string> warnings)
    {
        this.grid = grid;
        this.prediction = prediction;
        this.truth = truth;
        Shape = shape;
        Warnings = warnings;
    }

    /// <summary>Columns, rows and slices after reordering.</summary>
    public VolumeShape Shape { get; }

    /// <summary>Between columns, rows and slices, mm.</summary>
    public Spacing Spacing => grid.Spacing;

    /// <summary>What was assumed or looks wrong, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads two NIfTI files of one scan.</summary>
    /// <param name="predictionPath">A mask or a label map; a probability map where the options say so.</param>
    /// <param name="truthPath">A mask or a label map.</param>
    /// <param name="options">How the voxels are understood.</param>
    /// <exception cref="ScanFormatException">A file is unreadable, the shapes differ, the voxels are not what they should be, or no file has the asked label.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    public static ScanPair Read(string predictionPath, string truthPath, ScanPairOptions? options = null)
    {
        options ??= new ScanPairOptions();
        List<string> warnings = [];
        var (predicted, actual) = VolumePair.Read(predictionPath, truthPath, warnings, new NiftiReadOptions { Orientation = options.Orientation });
        warnings.AddRange(actual.Notes.Select(note => $"{truthPath}: {note}."));
        warnings.AddRange(predicted.Notes.Except(actual.Notes).Select(note => $"{predictionPath}: {note}."));
        predicted = predicted.Reorient(Orientation.Lps);
        actual = actual.Reorient(Orientation.Lps);
        if (predicted.Shape != actual.Shape)
        {
            throw new ScanFormatException(
                predictionPath,
                "shape",
                $"it has {predicted.Shape} voxels in LPS order, the truth {truthPath} has {actual.Shape}; give two masks of the same grid.");
        }

        if (VolumePair.FarthestCorner(predicted, actual) is var gap && gap > PositionTolerance * Math.Min(actual.Spacing.X, Math.Min(actual.Spacing.Y, actual.Spacing.Z)))
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{predictionPath}: its voxels lie up to {gap:0.###} mm from those of the truth; compared voxel by voxel, with the truth's spacing."));
        }

        var truth = LabelMap.Of(truthPath, actual);
        var prediction = options.Probabilities ? null : LabelMap.Of(predictionPath, predicted, "say that it holds probabilities (--prob)");
        if (options.Label is { } label && !truth.Has(label) && prediction?.Has(label) is not true)
        {
            throw prediction is null
                ? truth.Without(label, "give one of these.")
                : truth.Without(label, $"of {predictionPath} {prediction.InWords()}. Give a label of either file.");
        }

        var probabilities = prediction is null
            ? VoxelMeaning.Probabilities(predictionPath, predicted)
            : Array.ConvertAll(VoxelMeaning.Organ(predictionPath, prediction, options.Label, warnings), value => (float)value);
        return new ScanPair(probabilities, VoxelMeaning.Organ(truthPath, truth, options.Label, warnings), actual.Shape, actual.Affine, warnings);
    }

    /// <summary>All scores of the pair.</summary>
    public ScanScores Evaluate() => ScanEvaluator.Evaluate(prediction, truth, Shape.Z, Shape.Y, Shape.X, grid);
}
