using PolyCL.Core;

namespace PolyCL.Studies;

/// <summary>One slice store of a study, verified.</summary>
/// <param name="Name">Name of the data, as in tables.</param>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Fingerprint">Digest of the data.</param>
/// <param name="Scans">Scans in it.</param>
/// <param name="Slices">Slices in it.</param>
public sealed record StudyStore(string Name, string Path, long Bytes, string Fingerprint, int Scans, int Slices)
{
    /// <summary>The stores of an opened study, each read once in full and compared with its digests.</summary>
    /// <param name="study">The study.</param>
    /// <param name="progress">Told before every store.</param>
    /// <param name="token">Stops between stores.</param>
    /// <exception cref="RunStateException">A store is damaged.</exception>
    /// <exception cref="InvalidOperationException">The study is an outline.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<StudyStore> Verified(Study study, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        List<StudyDataset> datasets = [.. study.Context.Data.Datasets];
        var stores = new List<StudyStore>();
        foreach (var (name, store, _) in datasets)
        {
            token.ThrowIfCancellationRequested();
            progress?.Report(new ProgressReport("verify slices", stores.Count, datasets.Count, name));
            store.Verify();
            stores.Add(new StudyStore(name, store.Path, new FileInfo(store.Path).Length, store.Fingerprint, store.Scans.Count, store.Slices.Count));
        }

        progress?.Report(new ProgressReport("verify slices", datasets.Count, datasets.Count));
        return stores;
    }
}
