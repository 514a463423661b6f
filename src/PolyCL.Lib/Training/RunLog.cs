using System.Text;
using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>The log of a run: one JSON object a line, cut back to the checkpoint when a run resumes, so that no step stands in it twice.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly FileStream stream;

    private RunLog(FileStream stream) => this.stream = stream;

    /// <summary>Bytes written; goes into the checkpoint.</summary>
    public long Length => stream.Position;

    /// <summary>Opens the log and forgets what stands behind <paramref name="length"/> bytes.</summary>
    /// <exception cref="RunStateException">The log is shorter than the checkpoint says.</exception>
    public static RunLog Open(string path, long length)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (stream.Length < length)
        {
            stream.Dispose();
            throw new RunStateException($"{path}: the log is shorter than the checkpoint beside it; remove the run folder to start anew.", path);
        }

        // A new file: a process that was only thought dead writes into the old one, where it does no harm.
        using (stream)
        {
            var kept = new byte[length];
            stream.ReadExactly(kept);
            AtomicFile.Write(path, copy => copy.Write(kept));
        }

        stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        stream.Position = length;
        return new RunLog(stream);
    }

    /// <summary>The epochs of a log, in order; none where there is no log yet.</summary>
    /// <exception cref="RunStateException">A line is damaged.</exception>
    public static IEnumerable<EpochLog> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return SettingsJson.Read<EpochLog>(line, path);
            }
        }
    }

    /// <summary>Adds a line and hands it to the system.</summary>
    public void Write<T>(T entry)
    {
        stream.Write(Encoding.UTF8.GetBytes(SettingsJson.ToLine(entry) + "\n"));
        stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
