using System.Globalization;
using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Data.Phantom;

namespace PolyCL.Studies;

/// <summary>A data set of a study, prepared.</summary>
/// <param name="Name">In tables, such as "phantom site B" or "Lits (LiTS17)".</param>
/// <param name="Store">Its slices.</param>
/// <param name="Shared">What it shares with the training data, or null for the training data themselves.</param>
internal sealed record StudyDataset(string Name, SliceStore Store, SharedScans? Shared)
{
    /// <summary>Name and fingerprint.</summary>
    public string Line => $"{Name}, data {Store.Fingerprint[..12]}";

    /// <summary>How a data set is named in tables.</summary>
    public static string NameOf(Dataset dataset) =>
        dataset.Kind == DatasetKind.Phantom
            ? string.Join(' ', (dataset.Description ?? "phantom").Split(", ").Take(2))     // "phantom, site A, seed 1 …"
            : $"{dataset.Kind} ({Path.GetFileName(dataset.Root)})";

    /// <summary>Generates a phantom unless it is there.</summary>
    public static Dataset Phantom(PhantomOptions options, string results, IProgress<ProgressReport>? progress, CancellationToken token)
    {
        var root = Path.Combine(results, "data", PhantomSettings.FolderOf(options));
        PhantomDataset.Write(options, root, progress, token);
        return DatasetReader.Open(DatasetKind.Phantom, root);
    }

    /// <summary>How many of some scans' kept slices show the organ, as a sentence.</summary>
    public string Counts(string part, IReadOnlyList<StoredScan> scans)
    {
        var slices = scans.SelectMany(scan => Enumerable.Range(scan.FirstSlice, scan.SliceCount)).ToList();
        var organ = slices.Count(slice => Store.Slices[slice].ContainsOrgan);
        var empty = scans.Count(scan => scan.SliceCount == 0);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{part}: {scans.Count} scans of {Name}, {slices.Count} kept slices, {(slices.Count > 0 ? (double)organ / slices.Count : 0):0 %} show the organ{(empty > 0 ? $"; {empty} scans keep no slice and are left out" : "")}.");
    }
}
