using PolyCL.Imaging;

namespace PolyCL.Data.Phantom;

/// <summary>One generated scan; the three volumes share shape, affine and stored axis order.</summary>
public sealed record PhantomScan
{
    /// <summary>Position in the data set, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>CT, int16 HU in [−1024, 3071].</summary>
    public required Volume Ct { get; init; }

    /// <summary>Labels, uint8: 0 other, 1 liver, 2 lesion in the liver.</summary>
    public required Volume Labels { get; init; }

    /// <summary>Tissue map, uint8, values of <see cref="PhantomTissue"/>.</summary>
    public required Volume Tissues { get; init; }

    /// <summary>Contrast phase.</summary>
    public required ContrastPhase Phase { get; init; }

    /// <summary>Lesions that were put into the liver; small ones may cover no voxel.</summary>
    public required int Lesions { get; init; }
}
