using System.Runtime.InteropServices;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>What an audit keeps of a scan: digests instead of voxels.</summary>
internal sealed record AuditedScan(string Set, ScanRecord Scan, ScanGeometry Geometry, string ContentHash, string HistogramHash)
{
    private const int Bins = 1 << 16;
    private const double SpacingTolerance = 1e-3;
    private static readonly string[] AxisOrders = [.. AllAxisOrders()];

    public string Id => Scan.Id;

    public Spacing CanonicalSpacing => Reordered(Geometry.Affine.Spacing);

    public static AuditedScan Read(string set, ScanRecord scan, CancellationToken token)
    {
        var geometry = ScanGeometry.Read(scan.ImagePath, scan.Orientation);
        var histogram = new long[Bins];
        var digest = VoxelDigest.Of(Open(scan), histogram, token);
        int[] sizes = [geometry.Stored.X, geometry.Stored.Y, geometry.Stored.Z];
        Array.Sort(sizes);
        var summary = MemoryMarshal.AsBytes<long>([.. sizes.Select(size => (long)size), .. histogram]);
        return new AuditedScan(set, scan, geometry, digest.Hash, Core.ContentHash.OfBytes(summary));
    }

    public bool SameSpacing(AuditedScan other)
    {
        var (mine, its) = (CanonicalSpacing, other.CanonicalSpacing);
        return Math.Abs(mine.X - its.X) < SpacingTolerance && Math.Abs(mine.Y - its.Y) < SpacingTolerance && Math.Abs(mine.Z - its.Z) < SpacingTolerance;
    }

    /// <summary>The axis order this scan has if the other's header is right and their voxels agree in some order; null when they do not.</summary>
    public string? AxesThatMatch(AuditedScan other, CancellationToken token)
    {
        var volume = Open(Scan);
        foreach (var letters in AxisOrders)
        {
            // Seen in this order of its own header the scan equals the other one in L, P, S: so these letters really are L, P, S.
            if (VoxelDigest.OfView(volume.Reorient(Orientation.Parse(letters)), token: token).Hash == other.ContentHash)
            {
                return string.Concat(Geometry.Orientation.ToString().Select(letter => True(letter, letters)));
            }
        }

        return null;
    }

    private static Volume Open(ScanRecord scan) => HuVolume.Read(scan.ImagePath, ScanGeometry.Options(scan.Orientation)).Volume;

    private static char True(char letter, string seenAsLps)
    {
        var place = seenAsLps.IndexOf(letter, StringComparison.Ordinal);
        return place >= 0 ? "LPS"[place] : "RAI"[seenAsLps.IndexOf(Opposite(letter), StringComparison.Ordinal)];
    }

    private static char Opposite(char letter) => "LRPASI"["RLAPIS".IndexOf(letter, StringComparison.Ordinal)];

    private static IEnumerable<string> AllAxisOrders() =>
        from first in "LRPASI"
        from second in "LRPASI"
        from third in "LRPASI"
        where second != first && second != Opposite(first)
        where third != first && third != Opposite(first) && third != second && third != Opposite(second)
        select $"{first}{second}{third}";

    private Spacing Reordered(Spacing spacing)
    {
        ReadOnlySpan<double> stored = [spacing.X, spacing.Y, spacing.Z];
        Span<double> result = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            result[Geometry.Orientation.WorldAxis(axis)] = stored[axis];
        }

        return new Spacing(result[0], result[1], result[2]);
    }
}
