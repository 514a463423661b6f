namespace PolyCL.Metrics;

/// <summary>How the voxels of a prediction and a truth are understood.</summary>
public sealed record ScanPairOptions
{
    /// <summary>The prediction holds probabilities from 0 to 1; otherwise it must be a mask or label map, as the truth.</summary>
    public bool Probabilities { get; init; }

    /// <summary>The label that is the target organ in both label maps; null counts every value above 0.</summary>
    public int? Label { get; init; }

    /// <summary>The true axis order of both files when their own is missing or wrong.</summary>
    public Imaging.Orientation? Orientation { get; init; }
}
