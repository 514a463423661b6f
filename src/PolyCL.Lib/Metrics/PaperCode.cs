using PolyCL.Core;

namespace PolyCL.Metrics;

/// <summary>The numbers of the paper's tables, exactly as the authors' code computes them; for comparison with the paper only.</summary>
/// <remarks>
/// Not symmetric, blind to misses and dependent on the batch size: prefer the volume's metrics. Source: authors' LossFunctions.py and their
/// evaluation loop.
/// </remarks>
public static class PaperCode
{
    /// <summary>The level of the contours.</summary>
    public const double ContourLevel = 0.9;

    /// <summary>(2·both + 1) / (prediction + truth + 1), a share; 1 when both masks are empty, 1 / (n + 1) when one is and the other has n pixels.</summary>
    public static double Dice(MaskCounts counts) => ((2.0 * counts.Both) + 1) / (counts.Prediction + counts.Truth + 1);

    /// <summary>The largest distance from the contour of the probabilities at 0.9 to the truth's contour; px.</summary>
    /// <param name="probabilities">[height, width], 0 to 1; not thresholded.</param>
    /// <param name="truth">[height, width]; every value but 0 belongs to the mask.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A size is not positive or does not fit the values.</exception>
    public static PaperDistance Hausdorff(ReadOnlySpan<float> probabilities, ReadOnlySpan<byte> truth, int height, int width) =>
        Hausdorff(probabilities, BitVolume.FromMask(truth, 1, height, width));

    internal static PaperDistance Hausdorff(ReadOnlySpan<float> probabilities, BitVolume truth)
    {
        var predicted = BitVolume.Count(truth, truth).Truth == 0 ? null : ContourPoints.Of(probabilities, truth.Height, truth.Width, ContourLevel);
        return predicted?.DirectedHausdorffTo(ContourPoints.Of(truth, ContourLevel)) is not { } distance ? default
            : double.IsPositiveInfinity(distance) ? new PaperDistance(PaperDistanceKind.Fails, 0)
            : new PaperDistance(PaperDistanceKind.Measured, distance);
    }

    /// <summary>Goes through the slices in batches, as the authors' evaluation does.</summary>
    /// <remarks>
    /// Dice: mean of the batches' means, so a short last batch weighs as much as a full one. Hausdorff: per batch the sum of whole pixels over the
    /// number of slices with a predicted contour among those with a non-empty truth; then the mean of the batches above 0. A batch with a slice on
    /// which the authors' code stops has no value here and is left out.
    /// </remarks>
    /// <param name="slices">All slices of the test scans, in order.</param>
    /// <param name="batchSize">Slices per batch; 1 is the only published setting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not above 0.</exception>
    public static PaperCodeSummary Summarize(IReadOnlyList<SliceScores> slices, int batchSize = 1)
    {
        ArgumentNullException.ThrowIfNull(slices);
        Check.Positive(batchSize);
        List<double> dice = [], distances = [];
        for (var start = 0; start < slices.Count; start += batchSize)
        {
            double diceSum = 0, pixels = 0;
            int count = Math.Min(batchSize, slices.Count - start), measured = 0;
            var fails = false;
            for (var i = start; i < start + count; i++)
            {
                diceSum += slices[i].PaperDice;
                pixels += slices[i].PaperHausdorff.WholePx;
                measured += slices[i].PaperHausdorff.Kind == PaperDistanceKind.Measured ? 1 : 0;
                fails |= slices[i].PaperHausdorff.Kind == PaperDistanceKind.Fails;
            }

            dice.Add(diceSum / count);
            if (!fails && pixels > 0)
            {
                distances.Add(pixels / measured);
            }
        }

        return new PaperCodeSummary
        {
            Dice = Mean.Of(dice),
            HausdorffPx = Mean.Of(distances),
            N = distances.Count,
            LeftOut = dice.Count - distances.Count,
            Batch = batchSize,
            Sd = new PaperCodeSpread(Mean.Deviation(dice), Mean.Deviation(distances)),
        };
    }
}
