using PolyCL.Sam;

namespace PolyCL.Studies.Figures;

/// <summary>Dice of a slice to which a mask was carried.</summary>
/// <param name="Distance">From the reference slice, in slices or mm; negative toward the feet.</param>
/// <param name="Dice">Dice with the truth, 0 to 1.</param>
public readonly record struct SliceAtDistance(double Distance, double Dice);

/// <summary>The slices of a scan through which a mask was carried.</summary>
/// <param name="Scan">Id of the scan.</param>
/// <param name="Slices">Its slices with a truth, in any order, without the reference slice, whose mask was given.</param>
public sealed record ScanAtDistances(string Scan, IReadOnlyList<SliceAtDistance> Slices)
{
    /// <summary>The scored slices of a propagation.</summary>
    /// <param name="scan">Id of the scan.</param>
    /// <param name="propagation">The propagation; slices without annotation count nothing.</param>
    /// <param name="spacing">Distance of neighbouring slices: 1 for distances in slices, or mm.</param>
    public static ScanAtDistances Of(string scan, VolumePropagation propagation, double spacing = 1)
    {
        ArgumentNullException.ThrowIfNull(propagation);
        return new ScanAtDistances(
            scan,
            [.. propagation.Propagated.Where(slice => !slice.IsReference && slice.Dice is not null)
                .Select(slice => new SliceAtDistance((slice.Slice - propagation.Reference) * spacing, slice.Dice!.Value))]);
    }
}

/// <summary>The scans of one run.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Scans">Its scans.</param>
public sealed record DistanceRun(string Name, IReadOnlyList<ScanAtDistances> Scans);
