using System.Globalization;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Computes all scores of one scan.</summary>
public static class ScanEvaluator
{
    /// <summary>A voxel belongs to the prediction when its probability is above this.</summary>
    public const double Threshold = 0.5;

    /// <summary>Compares predicted probabilities with the truth.</summary>
    /// <param name="probabilities">[slices, height, width], 0 to 1; a mask as 0 and 1 is one too.</param>
    /// <param name="truth">[slices, height, width]; every value but 0 belongs to the target organ.</param>
    /// <param name="slices">Evaluated slices, from the feet up.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="spacing">Of the evaluated grid, mm: X between columns, Y between rows, Z between slices.</param>
    /// <remarks>Pure and safe for many threads at once. A scan of one slice is a volume whose voxels all are edge voxels.</remarks>
    /// <exception cref="ArgumentException">A size is not positive or does not fit, or a value lies outside 0 to 1.</exception>
    public static ScanScores Evaluate(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<byte> truth, int slices, int height, int width, Spacing spacing) =>
        Evaluate(probabilities, truth, slices, height, width, Affine.Diagonal(spacing));

    /// <summary>The same on a grid whose axes need not be at right angles: distances are measured along the true axes.</summary>
    /// <param name="probabilities">[slices, height, width], 0 to 1; a mask as 0 and 1 is one too.</param>
    /// <param name="truth">[slices, height, width]; every value but 0 belongs to the target organ.</param>
    /// <param name="slices">Evaluated slices, from the feet up.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="grid">Column, row and slice to mm.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit, or a value lies outside 0 to 1.</exception>
    public static ScanScores Evaluate(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<byte> truth, int slices, int height, int width, Affine grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        CheckProbabilities(probabilities);
        var prediction = BitVolume.Above(probabilities, Threshold, slices, height, width);
        var organ = BitVolume.FromMask(truth, slices, height, width);
        var rows = new SliceScores[slices];
        for (var z = 0; z < slices; z++)
        {
            rows[z] = EvaluateSlice(z, probabilities.Slice(z * height * width, height * width), prediction.Slice(z), organ.Slice(z));
        }

        return new ScanScores { Volume = EvaluateVolume(prediction, organ, grid), Slices = rows };
    }

    /// <summary>Probabilities as masks of 0 and 1.</summary>
    public static byte[] Masks(float[] probabilities) => Array.ConvertAll(probabilities, probability => probability > Threshold ? (byte)1 : (byte)0);

    private static VolumeScores EvaluateVolume(BitVolume prediction, BitVolume truth, Affine grid)
    {
        var counts = BitVolume.Count(prediction, truth);
        var distances = counts.HasDistance ? SurfaceDistances.Between(prediction, truth, grid) : null;
        return new VolumeScores
        {
            Counts = counts,
            HausdorffMm = distances?.Hausdorff,
            Hd95Mm = distances?.Hd95,
            AssdMm = distances?.Assd,
            SurfaceDice2Mm = distances?.SurfaceDice(VolumeScores.SurfaceToleranceMm) ?? (counts.BothEmpty ? 1 : 0),
        };
    }

    private static SliceScores EvaluateSlice(int z, ReadOnlySpan<float> probabilities, BitVolume prediction, BitVolume truth)
    {
        var counts = BitVolume.Count(prediction, truth);
        var distances = counts.HasDistance ? SurfaceDistances.Between(prediction, truth, new Spacing(1, 1, 1), planar: true) : null;
        return new SliceScores
        {
            Slice = z,
            Counts = counts,
            HausdorffPx = distances?.Hausdorff,
            Hd95Px = distances?.Hd95,
            PaperHausdorff = PaperCode.Hausdorff(probabilities, truth),
        };
    }

    private static void CheckProbabilities(ReadOnlySpan<float> probabilities)
    {
        var at = probabilities.IndexOfAnyExceptInRange(0f, 1f);
        if (at >= 0)
        {
            var mend = float.IsFinite(probabilities[at]) ? "Give probabilities, not logits." : "Look at the weights and pixels that it comes from.";
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Value {at} of the probabilities is {probabilities[at]}; it must be 0 to 1. {mend}"),
                nameof(probabilities));
        }
    }
}
