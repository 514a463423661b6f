using PolyCL.Core;
using PolyCL.Data;

namespace PolyCL.Sampling;

/// <summary>The slices that training may use.</summary>
public static class SlicePool
{
    /// <summary>Positions of all slices of the training scans, in the order of the store.</summary>
    /// <param name="scans">The store's scans.</param>
    /// <param name="training">Ids of the training scans.</param>
    /// <param name="options">The strategy; those that go by organ labels refuse scans without a label, whose slices would pass for organ-absent.</param>
    /// <exception cref="DatasetException">A training scan is not in the store, or lacks the label that the strategy needs.</exception>
    public static int[] Of(IReadOnlyList<StoredScan> scans, IEnumerable<string> training, StrategyOptions options)
    {
        ArgumentNullException.ThrowIfNull(scans);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        var byId = scans.ToDictionary(scan => scan.Id, StringComparer.Ordinal);
        var chosen = new List<StoredScan>();
        foreach (var id in training.Distinct(StringComparer.Ordinal))
        {
            var scan = byId.GetValueOrDefault(id)
                ?? throw new DatasetException($"Scan '{id}' of the training split is not among the {scans.Count} scans of the store; prepare it or take it out.");
            if (options.NeedsLabels && !scan.Labelled)
            {
                throw new DatasetException(
                    $"Scan '{id}' has no label, so nobody knows which of its slices show the organ; strategy '{options.Name}' goes by that. "
                    + "Take the scan out of the training split, or use scan or simclr.");
            }

            chosen.Add(scan);
        }

        return [.. chosen.OrderBy(scan => scan.FirstSlice).SelectMany(scan => Enumerable.Range(scan.FirstSlice, scan.SliceCount))];
    }
}
