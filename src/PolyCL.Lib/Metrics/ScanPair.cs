using System.Globalization;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>A predicted and a true mask of one scan, read from files and brought to one axis order.</summary>
/// <remarks>Both are reordered to LPS, so that slices are axial whatever the storage order. The spacing is the truth's.</remarks>
public sealed class ScanPair
{
    /// <summary>Share of the smallest spacing by which corners may differ without a warning.</summary>
    private const double PositionTolerance = 0.1;
    private readonly float[] prediction;
    private readonly byte[] truth;

    private ScanPair(float[] prediction, byte[] truth, VolumeShape shape, Spacing spacing, IReadOnlyList<string> warnings)
    {
        this.prediction = prediction;
        this.truth = truth;
        Shape = shape;
        Spacing = spacing;
        Warnings = warnings;
    }

    /// <summary>Columns, rows and slices after reordering.</summary>
    public VolumeShape Shape { get; }

    /// <summary>Between columns, rows and slices, mm.</summary>
    public Spacing Spacing { get; }

    /// <summary>What was assumed or looks wrong, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads two NIfTI files of one scan.</summary>
    /// <param name="predictionPath">A mask, a label map or a probability map.</param>
    /// <param name="truthPath">A mask or a label map.</param>
    /// <param name="options">How the voxels are understood.</param>
    /// <exception cref="ScanFormatException">A file is unreadable, the shapes differ, or the voxels are not what they should be.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    public static ScanPair Read(string predictionPath, string truthPath, ScanPairOptions? options = null)
    {
        options ??= new ScanPairOptions();
        List<string> warnings = [];
        var (predicted, actual) = VolumePair.Read(predictionPath, truthPath, warnings);
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

        var probabilities = VoxelMeaning.Prediction(predictionPath, predicted, options, warnings);
        var organ = VoxelMeaning.Truth(truthPath, actual, options, warnings);
        return new ScanPair(probabilities, organ, actual.Shape, actual.Spacing, warnings);
    }

    /// <summary>All scores of the pair.</summary>
    public ScanScores Evaluate() => ScanEvaluator.Evaluate(prediction, truth, Shape.Z, Shape.Y, Shape.X, Spacing);
}
