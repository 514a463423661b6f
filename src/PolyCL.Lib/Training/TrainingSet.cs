using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Training;

/// <summary>Slices of the scans of a split.</summary>
internal static class TrainingSet
{
    /// <summary>Positions, in <see cref="SliceStore.Slices"/>, of all slices of the named scans.</summary>
    /// <exception cref="DatasetException">A named scan is not in the store, or none of them has a kept slice.</exception>
    public static int[] SlicesOf(SliceStore store, IReadOnlyList<string> scans, string part)
    {
        var slices = store.SlicesOf(scans);
        return slices.Length > 0
            ? slices
            : throw new DatasetException($"The {scans.Count} scans of the {part} part keep no slice; keep a larger share of the slices or give longer scans.", store.Path);
    }

    /// <summary>Those of the scans that keep at least one slice, in the given order.</summary>
    public static IReadOnlyList<string> ScansWithSlices(SliceStore store, IReadOnlyList<string> scans)
    {
        var kept = store.Scans.Where(scan => scan.SliceCount > 0).Select(scan => scan.Id).ToHashSet(StringComparer.Ordinal);
        return [.. scans.Where(kept.Contains)];
    }

    /// <summary>Digests of the voxels of some scans, in their order.</summary>
    /// <exception cref="DatasetException">A named scan is not in the store.</exception>
    public static IReadOnlyList<string> DigestsOf(SliceStore store, IReadOnlyList<string> scans) =>
        [.. scans.Select(id => store.Scans[store.Find(id)].ContentHash)];
}
