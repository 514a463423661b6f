namespace PolyCL.Metrics;

/// <summary>How many pixels or voxels two masks have, apart and in common.</summary>
/// <param name="Prediction">In the prediction.</param>
/// <param name="Truth">In the truth.</param>
/// <param name="Both">In both.</param>
public readonly record struct MaskCounts(long Prediction, long Truth, long Both)
{
    /// <summary>2·both / (prediction + truth), a share; 1 when both masks are empty, 0 when one is.</summary>
    public double Dice => Prediction + Truth == 0 ? 1 : 2.0 * Both / (Prediction + Truth);

    /// <summary>The truth has something, the prediction nothing.</summary>
    public bool Missed => Prediction == 0 && Truth > 0;

    /// <summary>The prediction has something, the truth nothing.</summary>
    public bool Spurious => Prediction > 0 && Truth == 0;

    /// <summary>Both masks have something: distances between them exist.</summary>
    public bool HasDistance => Prediction > 0 && Truth > 0;

    /// <summary>Neither mask has anything.</summary>
    public bool BothEmpty => Prediction + Truth == 0;

    /// <summary>Counts two masks; every value but 0 belongs to the mask.</summary>
    /// <exception cref="ArgumentException">The masks differ in length.</exception>
    public static MaskCounts Of(ReadOnlySpan<byte> prediction, ReadOnlySpan<byte> truth)
    {
        if (prediction.Length != truth.Length)
        {
            throw new ArgumentException($"The prediction has {prediction.Length} pixels, the truth {truth.Length}; both must have the same.", nameof(prediction));
        }

        return prediction.IsEmpty
            ? default
            : BitVolume.Count(BitVolume.FromMask(prediction, 1, 1, prediction.Length), BitVolume.FromMask(truth, 1, 1, truth.Length));
    }
}
