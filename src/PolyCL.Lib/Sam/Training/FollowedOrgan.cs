using PolyCL.Data.Phantom;

namespace PolyCL.Sam.Training;

/// <summary>An organ of a phantom scan that is followed from slice to slice; the liver has its lesions with it.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Organ">The organ.</param>
internal sealed record FollowedOrgan(TinyScan Scan, PhantomTissue Organ)
{
    /// <summary>The slices that show the organ, ascending.</summary>
    public IReadOnlyList<int> Slices { get; } = Organ == PhantomTissue.Liver
        ? Scan.OrganSlices
        : [.. Enumerable.Range(0, Scan.Slices).Where(slice => Scan.Tissues(slice).Contains((byte)Organ))];

    /// <summary>The organ in a slice, 0 and 1, [Height · Width].</summary>
    public byte[] Mask(int slice) => Organ == PhantomTissue.Liver ? Scan.Mask(slice).ToArray() : Scan.Mask(slice, Organ);
}
