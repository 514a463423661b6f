using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Keeps copies of slice stores on a disk of this machine, for data that lie on a file server.</summary>
/// <remarks>
/// Copies are shared by all processes of the machine that name the same folder: one makes the copy, by a <see cref="Claim"/>, others wait for it. A copy gets
/// its name only after every pixel and mask was read back and compared with the store's digests.
/// </remarks>
public static class SliceStoreCopy
{
    private const string Stage = "copy slices";
    private const int FingerprintLetters = 12;

    /// <summary>Opens the copy of a store in a folder, or makes it first.</summary>
    /// <param name="store">The store; it stays open.</param>
    /// <param name="folder">Folder of this machine; made when absent.</param>
    /// <param name="progress">Told at the start and the end of copying, and when another process copies.</param>
    /// <param name="token">Stops the waiting for another process.</param>
    /// <exception cref="IOException">The folder has no room, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    /// <exception cref="RunStateException">What was copied is not what the store's digests say.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SliceStore Open(SliceStore store, string folder, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var path = PathOf(store, folder);
        if (TryOpen(store, path) is { } ready)
        {
            return ready;
        }

        Directory.CreateDirectory(folder);
        void Tell(long done, string detail) => progress?.Report(new ProgressReport(Stage, done, 1, detail));
        using var turn = Claim.Take(Path.Combine(folder, $".{Path.GetFileName(path)}.claim"), holder => Tell(0, $"{holder} is copying; waiting"), token);
        try
        {
            if (TryOpen(store, path) is { } made)
            {
                return made;
            }

            Tell(0, path);
            Copy(store, path);
            Tell(1, path);
            return SliceStore.Open(path);
        }
        finally
        {
            turn.Finish();  // no trace, also after a failure: two copies at once would do no harm
        }
    }

    /// <summary>The file of the copy of a store in a folder; it need not exist.</summary>
    public static string PathOf(SliceStore store, string folder)
    {
        ArgumentNullException.ThrowIfNull(store);
        return Path.Combine(Check.NotBlank(folder), $"{Path.GetFileNameWithoutExtension(store.Path)}-{store.Fingerprint[..FingerprintLetters]}.polycl");
    }

    /// <summary>The copy when it is there, whole and of these data.</summary>
    private static SliceStore? TryOpen(SliceStore store, string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length != new FileInfo(store.Path).Length)
        {
            return null;
        }

        try
        {
            var copy = SliceStore.Open(path);
            if (copy.Fingerprint == store.Fingerprint)
            {
                return copy;
            }

            copy.Dispose();
            return null;
        }
        catch (RunStateException)
        {
            return null;
        }
    }

    private static void Copy(SliceStore store, string path)
    {
        var (needed, free) = (new FileInfo(store.Path).Length, new DriveInfo(Path.GetFullPath(Path.GetDirectoryName(path)!)).AvailableFreeSpace);
        if (needed > free)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: {needed / 1e6:0} MB are needed and {free / 1e6:0} MB are free."));
        }

        var temporary = AtomicFile.TemporaryPath(path);
        try
        {
            File.Copy(store.Path, temporary);
            using (var copy = SliceStore.Open(temporary))
            {
                copy.Verify();
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
