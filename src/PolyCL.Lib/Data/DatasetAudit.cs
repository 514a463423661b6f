using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Finds scans that two datasets share, by their voxels: whatever their names, axis order, stored type or scaling.</summary>
/// <remarks>
/// Two scans are the same when all voxels agree as whole HU after reordering. Scans whose header lies about the axes are found by their
/// histogram and confirmed voxel by voxel. Crops, resampled or noisy copies are not found.
/// </remarks>
public sealed record DatasetAudit
{
    /// <summary>The first dataset.</summary>
    public required Dataset A { get; init; }

    /// <summary>The second dataset.</summary>
    public required Dataset B { get; init; }

    /// <summary>How many scans of each axis order A has, most frequent first.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> OrientationsOfA { get; init; }

    /// <summary>How many scans of each axis order B has, most frequent first.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> OrientationsOfB { get; init; }

    /// <summary>Shared scans first, then duplicates within a set, then disagreement on axes.</summary>
    public required IReadOnlyList<AuditFinding> Findings { get; init; }

    /// <summary>Scans read in A and B, labelled or not.</summary>
    public required int ScanCount { get; init; }

    /// <summary>Reads all scans of both datasets, labelled or not.</summary>
    /// <exception cref="ScanFormatException">A scan cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static DatasetAudit Run(Dataset a, Dataset b, int workers = 0, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var items = Items("A", a).Concat(Items("B", b)).ToArray();
        var geometries = items.Select(item => ScanFault.Named(item.Scan, () => ScanGeometry.Read(item.Scan.ImagePath, item.Scan.Orientation))).ToArray();
        var audited = new AuditedScan[items.Length];
        ScanWork.ForEach(
            items.Length,
            i => geometries[i].Bytes,
            i =>
            {
                audited[i] = ScanFault.Named(items[i].Scan, () => AuditedScan.Read(items[i].Set, items[i].Scan, token));
                return items[i].Scan.Id;
            },
            "audit scans",
            progress,
            workers,
            token);
        var pairs = Twins(audited, token).OrderBy(finding => finding.WithinOneSet).ToArray();
        var ofA = Orientations(audited, "A");
        var ofB = Orientations(audited, "B");
        return new DatasetAudit
        {
            A = a,
            B = b,
            OrientationsOfA = ofA,
            OrientationsOfB = ofB,
            Findings = [.. pairs, .. Mixed("A", ofA), .. Mixed("B", ofB), .. Disagreement(ofA, ofB)],
            ScanCount = items.Length,
        };
    }

    private static IEnumerable<(string Set, ScanRecord Scan)> Items(string set, Dataset dataset) =>
        dataset.Scans.Concat(dataset.Unlabelled).DistinctBy(scan => scan.Id).OrderBy(scan => scan.Id, NaturalOrder.Instance).Select(scan => (set, scan));

    private static IEnumerable<AuditFinding> Twins(AuditedScan[] scans, CancellationToken token)
    {
        foreach (var group in scans.GroupBy(scan => scan.HistogramHash).Where(group => group.Count() > 1))
        {
            var members = group.ToArray();
            for (var i = 0; i < members.Length; i++)
            {
                for (var j = i + 1; j < members.Length; j++)
                {
                    token.ThrowIfCancellationRequested();
                    var (first, second) = (members[i], members[j]);
                    if (first.ContentHash == second.ContentHash)
                    {
                        yield return Found(AuditKind.SameScan, first, second, $"hold the same scan{Differences(first, second)}.");
                    }
                    else if (second.AxesThatMatch(first, token) is { } axes)
                    {
                        yield return Found(
                            AuditKind.SameScanOtherAxes,
                            first,
                            second,
                            $"hold the same scan, but a header is wrong: if {first.Id} is {first.Geometry.Orientation}, then {second.Id} is {axes} and not {second.Geometry.Orientation}.");
                    }
                }
            }
        }
    }

    private static AuditFinding Found(AuditKind kind, AuditedScan first, AuditedScan second, string text) =>
        new(kind, first.Set, first.Id, second.Set, second.Id, $"{first.Set} {first.Id} and {second.Set} {second.Id} {text}");

    private static string Differences(AuditedScan first, AuditedScan second)
    {
        var parts = new List<string>();
        if (first.Geometry.Orientation != second.Geometry.Orientation)
        {
            parts.Add($"stored {first.Geometry.Orientation} and {second.Geometry.Orientation}");
        }

        if (first.Geometry.StoredType != second.Geometry.StoredType)
        {
            parts.Add($"as {first.Geometry.StoredType} and {second.Geometry.StoredType}".ToLowerInvariant());
        }

        if (!first.SameSpacing(second))
        {
            parts.Add($"spacing {first.CanonicalSpacing} and {second.CanonicalSpacing}");
        }

        return parts.Count > 0 ? $" ({string.Join(", ", parts)})" : "";
    }

    private static KeyValuePair<string, int>[] Orientations(AuditedScan[] scans, string set) =>
        [.. scans.Where(scan => scan.Set == set).GroupBy(scan => scan.Geometry.Orientation.ToString())
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => KeyValuePair.Create(group.Key, group.Count()))];

    private static IEnumerable<AuditFinding> Mixed(string set, KeyValuePair<string, int>[] orientations)
    {
        if (orientations.Length > 1)
        {
            yield return new AuditFinding(
                AuditKind.MixedOrientation, set, null, set, null, $"{set} mixes axis orders ({Listed(orientations)}); slices taken as stored would differ in posture.");
        }
    }

    private static IEnumerable<AuditFinding> Disagreement(KeyValuePair<string, int>[] ofA, KeyValuePair<string, int>[] ofB)
    {
        if (ofA.Length > 0 && ofB.Length > 0 && ofA[0].Key != ofB[0].Key)
        {
            yield return new AuditFinding(
                AuditKind.MixedOrientation, "A", null, "B", null, $"A is mostly {ofA[0].Key}, B mostly {ofB[0].Key}; compare them in canonical order only.");
        }
    }

    private static string Listed(KeyValuePair<string, int>[] orientations) =>
        string.Join(", ", orientations.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} × {pair.Key}")));
}
