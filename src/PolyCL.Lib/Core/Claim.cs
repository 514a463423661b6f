using System.Globalization;
using System.Text;

namespace PolyCL.Core;

/// <summary>One process's right to work on something in a shared folder, for as long as it shows signs of life.</summary>
/// <remarks>
/// A claim is a file <c>NAME.N</c> with its owner's machine and process, rewritten every few seconds. The highest N counts. Who finds it given back, or its
/// owner dead or silent for too long, creates <c>NAME.N+1</c>: creation of a file that must not exist yet is atomic, also on NFS, so of many only one
/// succeeds, and no other lock is needed. An owner that was only asleep finds its successor's file and stops. Silence is the difference of two file
/// times of one file system, so clocks of machines need not agree (decision 0019).
/// </remarks>
public sealed class Claim : IDisposable
{
    private const int BeatsPerExpiry = 12;
    private const int PollMilliseconds = 200;
    private readonly string path;
    private readonly int number;
    private readonly ClaimOwner owner;
    private readonly FileStream file;
    private readonly Lock gate = new();
    private readonly Timer timer;
    private bool disposed;

    private Claim(string path, int number, ClaimOwner owner, FileStream file)
    {
        (this.path, this.number, this.owner, this.file) = (path, number, owner, file);
        var pause = TimeSpan.FromSeconds(owner.ExpirySeconds / BeatsPerExpiry);
        timer = new Timer(_ => Beat(), null, pause, pause);
    }

    /// <summary>Silence after which a claim counts as abandoned unless told otherwise: 60 s.</summary>
    public static TimeSpan DefaultExpiry { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Takes the claim when nobody holds it.</summary>
    /// <param name="path">Folder and name of the claim; the folder must exist. A name that begins with a dot keeps it out of sight.</param>
    /// <param name="expiry">Silence after which others may take it over; null for <see cref="DefaultExpiry"/>.</param>
    /// <param name="holder">Who holds it, in words, when it could not be taken.</param>
    /// <returns>The claim, or null when another process, or this one, holds it.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static Claim? TryTake(string path, TimeSpan? expiry, out string? holder)
    {
        Check.NotBlank(path);
        var me = ClaimOwner.Me(TimeSpan.FromSeconds(Check.Positive((expiry ?? DefaultExpiry).TotalSeconds, nameof(expiry))));
        var full = Path.GetFullPath(path);
        for (; ; )
        {
            var last = Last(full);
            if (last > 0 && OwnerOf(FileOf(full, last)) is { } found)
            {
                holder = found;
                return null;
            }

            if (Create(full, last + 1, me) is not { } claim)
            {
                continue;   // another process was faster
            }

            // Only the highest counts. A lower number is free again when a faster process has cleared it away: then this one came too late.
            if (Last(full) == claim.number)
            {
                RemoveBelow(full, claim.number);
                holder = null;
                return claim;
            }

            claim.Abandon();
        }
    }

    /// <summary>Takes the claim, waiting while another process holds it.</summary>
    /// <param name="path">As in <see cref="TryTake"/>.</param>
    /// <param name="waiting">Told once who is waited for.</param>
    /// <param name="token">Stops the waiting.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Claim Take(string path, Action<string> waiting, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(waiting);
        for (var told = false; ; told = true)
        {
            if (TryTake(path, null, out var holder) is { } claim)
            {
                return claim;
            }

            if (!told)
            {
                waiting(holder!);
            }

            token.WaitHandle.WaitOne(PollMilliseconds);
            token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Who holds the claim now, in words, or null when it can be taken.</summary>
    /// <param name="path">As in <see cref="TryTake"/>; the folder need not exist.</param>
    public static string? HolderOf(string path)
    {
        var full = Path.GetFullPath(Check.NotBlank(path));
        return Directory.Exists(Path.GetDirectoryName(full)) && Last(full) is > 0 and var last ? OwnerOf(FileOf(full, last)) : null;
    }

    /// <summary>Throws when another process has taken the claim over, because this one had shown no sign of life.</summary>
    /// <exception cref="RunStateException">The claim is lost.</exception>
    public void ThrowIfLost()
    {
        if (!File.Exists(FileOf(path, number)) || File.Exists(FileOf(path, number + 1)))
        {
            throw new RunStateException(
                string.Create(CultureInfo.InvariantCulture, $"{path}: another process has taken over, since this one showed no sign of life for {owner.ExpirySeconds} s; the work goes on there."), path)
            {
                IsHeld = true,
            };
        }
    }

    /// <summary>Gives the claim back; another process can take it at once.</summary>
    public void Dispose() => End(() => Write(owner with { Released = true }));

    /// <summary>Gives the claim back and leaves no trace: for work that is finished, so that nobody will claim it again.</summary>
    public void Finish()
    {
        Dispose();
        RemoveBelow(path, number + 1);
    }

    private static Claim? Create(string path, int number, ClaimOwner owner)
    {
        FileStream file;
        try
        {
            file = new FileStream(FileOf(path, number), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(FileOf(path, number)))
        {
            return null;
        }

        var claim = new Claim(path, number, owner, file);
        claim.Beat();
        return claim;
    }

    private static string FileOf(string path, int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    private static IEnumerable<int> Numbers(string path)
    {
        var name = Path.GetFileName(path);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, name + ".*"))
        {
            if (int.TryParse(Path.GetFileName(file).AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return number;
            }
        }
    }

    private static int Last(string path) => Numbers(path).DefaultIfEmpty().Max();

    /// <summary>The holder in words; null for a claim that can be taken over.</summary>
    private static string? OwnerOf(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var silence = TimeOfNow(Path.GetDirectoryName(file)!) - File.GetLastWriteTimeUtc(stream.SafeFileHandle);
            using var reader = new StreamReader(stream);
            return Parse(reader.ReadToEnd(), file) switch
            {
                null => silence > DefaultExpiry ? null : "a process that has just begun",
                { Released: true } => null,
                var owner => silence.TotalSeconds > owner.ExpirySeconds || owner.IsGone() ? null : owner.ToString(),
            };
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The present time by the clock that dates the files of this folder; this machine's where the folder is only for reading.</summary>
    private static DateTime TimeOfNow(string folder)
    {
        var probe = AtomicFile.TemporaryPath(Path.Combine(folder, "now"));
        try
        {
            File.WriteAllText(probe, "");
            var now = File.GetLastWriteTimeUtc(probe);
            File.Delete(probe);
            return now;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return TimeProvider.System.GetUtcNow().UtcDateTime;
        }
    }

    private static ClaimOwner? Parse(string text, string file)
    {
        try
        {
            return text.Length == 0 ? null : SettingsJson.Read<ClaimOwner>(text, file);
        }
        catch (RunStateException)
        {
            return null;    // read while it was being written
        }
    }

    private static void RemoveBelow(string path, int number)
    {
        foreach (var old in Numbers(path).Where(other => other < number).ToList())
        {
            File.Delete(FileOf(path, old));
        }
    }

    private void Beat()
    {
        lock (gate)
        {
            if (!disposed)
            {
                Write(owner);
            }
        }
    }

    /// <summary>Writes through the open file: once a successor has removed it, nothing of this process can reach the new one.</summary>
    private void Write(ClaimOwner content)
    {
        try
        {
            file.Position = 0;
            file.Write(Encoding.UTF8.GetBytes(SettingsJson.ToLine(content) + "\n"));
            file.SetLength(file.Position);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // A full disk or a server away for a while: the next beat tries again, and a lost claim shows at the next check.
        }
    }

    private void Abandon()
    {
        End(() => { });
        File.Delete(FileOf(path, number));
    }

    private void End(Action last)
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                timer.Dispose();
                last();
                file.Dispose();
            }
        }
    }
}
