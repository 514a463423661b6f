using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Makes slice stores from datasets.</summary>
/// <remarks>
/// The file's name is a digest of the settings and of every file's name in the dataset, size and time of change, so a second call with the
/// same data finds it without reading a voxel; touched or changed files make a new store, and so do excluded scans.
/// Its <see cref="SliceStore.Fingerprint"/> depends on
/// content alone. One builder works at a time, by a <see cref="Claim"/>; another waits and then opens what the first made. A builder that is killed leaves only a
/// hidden temporary file, which the next one removes.
/// </remarks>
public static class SliceStoreBuilder
{
    private const string Stage = "prepare slices";
    private const int KeyLetters = 16;

    /// <summary>Opens the store of a dataset and settings in a folder, or makes it first; the second time is instant.</summary>
    /// <param name="dataset">The scans.</param>
    /// <param name="options">The settings.</param>
    /// <param name="folder">Where stores are kept; made when absent.</param>
    /// <param name="progress">Told after every scan.</param>
    /// <param name="token">Stops between slices; nothing is left behind.</param>
    /// <exception cref="DatasetException">The dataset has no scan, or scan and label do not fit.</exception>
    /// <exception cref="ScanFormatException">A file cannot be read.</exception>
    /// <exception cref="IOException">The store cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SliceStore OpenOrBuild(
        Dataset dataset, PrepareOptions options, string folder, IProgress<ProgressReport>? progress = null, CancellationToken token = default) =>
        OpenOrBuild(dataset, options, folder, workers: 0, progress, token);

    /// <inheritdoc cref="OpenOrBuild(Dataset, PrepareOptions, string, IProgress{ProgressReport}?, CancellationToken)"/>
    /// <param name="workers">Scans at once; 0 for one per core. Does not change the store.</param>
#pragma warning disable CS1573 // The other parameters are inherited.
    public static SliceStore OpenOrBuild(
        Dataset dataset, PrepareOptions options, string folder, int workers, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
#pragma warning restore CS1573
    {
        ArgumentNullException.ThrowIfNull(options);
        var path = PathOf(dataset, options, folder);
        if (TryOpen(path) is { } ready)
        {
            return ready;
        }

        token.ThrowIfCancellationRequested();
        Directory.CreateDirectory(folder);
        void Waiting(string holder) => progress?.Report(new ProgressReport(Stage, 0, dataset.Scans.Count, $"{holder} is making these slices; waiting"));
        using var turn = Claim.Take(Path.Combine(folder, $".{Path.GetFileName(path)}.claim"), Waiting, token);
        try
        {
            if (TryOpen(path) is { } made)
            {
                return made;
            }

            RemoveLeftovers(path);
            AtomicFile.Write(path, stream => new Build(dataset, options, KeyOf(dataset, options)).Run((FileStream)stream, progress, workers, token));
            return SliceStore.Open(path);
        }
        finally
        {
            turn.Finish();  // no trace, also after a failure: two builders at once would do no harm
        }
    }

    /// <summary>The file in which a call of OpenOrBuild keeps the store of a dataset and settings; it need not exist.</summary>
    /// <exception cref="DatasetException">The dataset has no scan.</exception>
    public static string PathOf(Dataset dataset, PrepareOptions options, string folder)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        Check.NotBlank(folder);
        return dataset.Scans.Count > 0
            ? Path.Combine(folder, $"slices-{KeyOf(dataset, options)[..KeyLetters]}.polycl")
            : throw new DatasetException($"{dataset.Root}: no scan with a label, so there is nothing to prepare. {(dataset.Warnings.Count > 0 ? dataset.Warnings[0] : "")}".TrimEnd(), dataset.Root);
    }

    private static string KeyOf(Dataset dataset, PrepareOptions options)
    {
        var header = string.Create(CultureInfo.InvariantCulture, $"{StoreHeader.Version} reading {StoreHeader.Reading} {JsonSerializer.Serialize(StoreSettings.Of(options))}{Environment.NewLine}");
        return ContentHash.OfText(header + DatasetFiles.Listing(dataset, dataset.Scans));
    }

    /// <summary>The store when it is there and whole; a damaged one is made again, since it holds nothing that the scans do not.</summary>
    private static SliceStore? TryOpen(string path)
    {
        try
        {
            return File.Exists(path) ? SliceStore.Open(path) : null;
        }
        catch (RunStateException)
        {
            return null;
        }
    }

    /// <summary>Removes what killed builders left: temporary files of this store that nobody holds open.</summary>
    private static void RemoveLeftovers(string path)
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.*.tmp"))
        {
            try
            {
                new FileStream(left, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                File.Delete(left);
            }
            catch (IOException)
            {
                // In use by a builder on a file system without locks.
            }
        }
    }

    /// <summary>One building: plan from the headers, then scan by scan into its own place of the file.</summary>
    private sealed class Build(Dataset dataset, PrepareOptions options, string key)
    {
        private readonly StoreSettings settings = StoreSettings.Of(options);
        private readonly List<string> warnings = [.. dataset.Warnings];

        public void Run(FileStream stream, IProgress<ProgressReport>? progress, int workers, CancellationToken token)
        {
            var plans = new ScanPlan[dataset.Scans.Count];
            var slices = 0;
            for (var i = 0; i < plans.Length; i++)
            {
                token.ThrowIfCancellationRequested();
                plans[i] = ScanFault.Named(dataset.Scans[i], () => ScanPlan.Of(dataset.Scans[i], options, slices));
                slices += plans[i].Count;
                warnings.AddRange(plans[i].Warnings);
            }

            var scans = new StoreScan[plans.Length];
            var notes = new IReadOnlyList<string>[plans.Length];
            stream.SetLength(StoreHeader.JsonStart(slices, options.Size));
            ScanWork.ForEach(
                plans.Length,
                i => plans[i].Bytes,
                i =>
                {
                    (scans[i], notes[i]) = Prepare(plans[i], stream.SafeFileHandle, slices, token);
                    return scans[i].Id;
                },
                Stage,
                progress,
                workers,
                token);
            warnings.AddRange(notes.SelectMany((list, i) => list.Select(note => $"{scans[i].Id}: {note}.")));
            new StoreHeader
            {
                Settings = settings,
                PixelFormat = new PixelCode(options).Name,
                Key = key,
                Fingerprint = StoreHeader.FingerprintOf(settings, scans),
                Warnings = warnings,
                Excluded = dataset.Excluded.Count > 0 ? dataset.Excluded : null,
                Scans = scans,
            }.Write(stream);
        }

        private (StoreScan Entry, IReadOnlyList<string> Notes) Prepare(ScanPlan plan, SafeFileHandle file, int slices, CancellationToken token)
        {
            var pixelBytes = StoreHeader.PixelBytes(options.Size);
            var maskBytes = PixelCode.MaskBytes(options.Size * options.Size);
            var pixelPlace = StoreHeader.PixelStart + ((long)plan.FirstSlice * pixelBytes);
            var maskPlace = StoreHeader.MaskStart(slices, options.Size) + ((long)plan.FirstSlice * maskBytes);
            var scan = ScanFault.Named(plan.Scan, () => PreparedScan.Read(
                plan,
                options,
                (i, pixels) => RandomAccess.Write(file, pixels, pixelPlace + ((long)i * pixelBytes)),
                (i, mask) => RandomAccess.Write(file, mask, maskPlace + ((long)i * maskBytes)),
                token));
            return (scan.Entry, [.. scan.Digest.Notes, .. scan.LabelNotes]);
        }
    }
}
