namespace PolyCL.Metrics;

/// <summary>How the voxels of a prediction and a truth are understood.</summary>
public sealed record ScanPairOptions
{
    /// <summary>The prediction holds probabilities; otherwise they are recognised by values between 0 and 1.</summary>
    public bool Probabilities { get; init; }

    /// <summary>The label that is the target organ in both label maps; null counts every value above 0.</summary>
    public int? Label { get; init; }
}
