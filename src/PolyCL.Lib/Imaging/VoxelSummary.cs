namespace PolyCL.Imaging;

/// <summary>Numbers over all scaled voxels of a file, formed in double while streaming.</summary>
public sealed record VoxelSummary
{
    /// <summary>Voxels that are finite.</summary>
    public required long FiniteCount { get; init; }

    /// <summary>Smallest finite value, or null without one.</summary>
    public required double? Minimum { get; init; }

    /// <summary>Largest finite value, or null without one.</summary>
    public required double? Maximum { get; init; }

    /// <summary>Sum of the finite values.</summary>
    public required double Sum { get; init; }

    /// <summary>The first 8 voxels in file order, or all of fewer.</summary>
    public required IReadOnlyList<double> First { get; init; }
}
