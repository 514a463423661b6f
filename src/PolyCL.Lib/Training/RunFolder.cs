using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>The folder of one run: what was asked, the log, the state to resume from, and the result, which is written last.</summary>
/// <remarks>
/// <c>config.json</c> comes first and never changes; <c>log.jsonl</c> grows; <c>checkpoint.safetensors</c> is replaced as a whole;
/// <c>result.json</c> marks the run as finished. One process at a time works in it, by a <see cref="Claim"/>; a finished run needs none.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private const string CheckpointName = "checkpoint.safetensors";
    private const string ConfigName = "config.json";
    private const string LogName = "log.jsonl";
    private const string ResultName = "result.json";
    private const string EnvironmentName = "environment.json";
    private const string ErrorName = "error.json";
    private const string ClaimName = ".claim";
    private readonly Claim? claim;

    private RunFolder(string path, Claim? claim)
    {
        Path = path;
        this.claim = claim;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What was asked, as canonical JSON.</summary>
    public string ConfigFile => File(ConfigName);

    /// <summary>One JSON object a line.</summary>
    public string LogFile => LogFileIn(Path);

    /// <summary>The state to resume from; gone once the run is finished.</summary>
    public string CheckpointFile => File(CheckpointName);

    /// <summary>The result; exists only for a finished run.</summary>
    public string ResultFile => File(ResultName);

    /// <summary>Machine, versions and thread count of the process that ran last.</summary>
    public string EnvironmentFile => EnvironmentFileIn(Path);

    /// <summary>True when the result is there.</summary>
    public bool IsFinished => System.IO.File.Exists(ResultFile);

    /// <summary>The result of a finished run, with the folder where it lies now: results may have been moved.</summary>
    /// <exception cref="RunStateException">The result is damaged.</exception>
    internal RunResult ReadResult() => SettingsJson.Read<RunResult>(System.IO.File.ReadAllText(ResultFile), ResultFile) with { Folder = Path };

    /// <summary>A file of this folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The name of a run: its kind and the first 12 digits of the hash of its config.</summary>
    public static string NameOf(string kind, string config) => $"{kind}-{ContentHash.OfText(config)[..12]}";

    /// <summary>The result of the run in a folder, or null when it is not finished.</summary>
    /// <exception cref="RunStateException">The result is damaged.</exception>
    internal static RunResult? TryRead(string path)
    {
        var folder = new RunFolder(System.IO.Path.GetFullPath(path), null);
        return folder.IsFinished ? folder.ReadResult() : null;
    }

    /// <summary>The log of the run in a folder.</summary>
    internal static string LogFileIn(string path) => System.IO.Path.Combine(path, LogName);

    /// <summary>The environment record of the run in a folder.</summary>
    internal static string EnvironmentFileIn(string path) => System.IO.Path.Combine(path, EnvironmentName);

    /// <summary>Why the run in a folder failed last; exists only after a failure in a study.</summary>
    internal static string ErrorFileIn(string path) => System.IO.Path.Combine(path, ErrorName);

    /// <summary>True when a process has saved a state in the folder of an unfinished run.</summary>
    internal static bool IsBegun(string path) => System.IO.File.Exists(System.IO.Path.Combine(path, CheckpointName));

    /// <summary>The epochs that were logged so far, in order.</summary>
    internal IReadOnlyList<EpochLog> ReadLog() => [.. RunLog.Read(LogFile)];

    /// <summary>Who works in a run folder now, in words, or null for nobody.</summary>
    public static string? HolderOf(string path) => Claim.HolderOf(System.IO.Path.Combine(path, ClaimName));

    /// <summary>Opens the folder for one run, making it when it is new; the folder of a finished run only for reading.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="config">The resolved settings as canonical JSON; an existing folder must hold the same.</param>
    /// <param name="expiry">Silence after which others may take the run over; null for <see cref="Claim.DefaultExpiry"/>.</param>
    /// <exception cref="RunStateException">The folder holds another run, or another process works in it.</exception>
    public static RunFolder Open(string path, string config, TimeSpan? expiry = null)
    {
        var full = System.IO.Path.GetFullPath(path);
        var finished = new RunFolder(full, null);
        if (finished.IsFinished)
        {
            finished.Begin(config);
            return finished;
        }

        Directory.CreateDirectory(full);
        var claim = Claim.TryTake(System.IO.Path.Combine(full, ClaimName), expiry, out var holder)
            ?? throw new RunStateException($"{path}: another process works on this run ({holder}); wait for it or give another folder.", full) { IsHeld = true };
        var folder = new RunFolder(full, claim);
        try
        {
            folder.Begin(config);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Throws when another process has taken this run over; asked before anything is written.</summary>
    /// <exception cref="RunStateException">It has.</exception>
    internal void ThrowIfLost() => claim?.ThrowIfLost();

    /// <summary>Writes the result, which makes the run finished.</summary>
    /// <exception cref="RunStateException">Another process has taken this run over.</exception>
    internal void Finish(RunResult result)
    {
        ThrowIfLost();
        AtomicFile.WriteText(ResultFile, SettingsJson.ToText(result));
        System.IO.File.Delete(CheckpointFile);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsFinished)
        {
            claim?.Finish();
        }

        claim?.Dispose();
    }

    private void Begin(string config)
    {
        if (!System.IO.File.Exists(ConfigFile))
        {
            if (Directory.EnumerateFiles(Path).Any(file => !System.IO.Path.GetFileName(file).StartsWith('.')))
            {
                throw new RunStateException($"{Path}: the folder holds files but no config.json, so it is no run folder; give an empty or new folder.", Path);
            }

            AtomicFile.WriteText(ConfigFile, config);
        }
        else if (System.IO.File.ReadAllText(ConfigFile) != config)
        {
            throw new RunStateException(
                $"{Path}: the folder holds a run with other settings or other data; give another folder, or remove this one to start anew.", ConfigFile);
        }
    }
}
