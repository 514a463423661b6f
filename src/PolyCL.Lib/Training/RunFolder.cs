using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>The folder of one run: what was asked, the log, the state to resume from, and the result, which is written last.</summary>
/// <remarks>
/// <c>config.json</c> comes first and never changes; <c>log.jsonl</c> grows; <c>checkpoint.safetensors</c> is replaced as a whole;
/// <c>result.json</c> marks the run as finished. One process at a time holds the folder (<c>.lock</c>).
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private readonly FileStream held;

    private RunFolder(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What was asked, as canonical JSON.</summary>
    public string ConfigFile => File("config.json");

    /// <summary>One JSON object a line.</summary>
    public string LogFile => File("log.jsonl");

    /// <summary>The state to resume from; gone once the run is finished.</summary>
    public string CheckpointFile => File("checkpoint.safetensors");

    /// <summary>The result; exists only for a finished run.</summary>
    public string ResultFile => File("result.json");

    /// <summary>Machine, versions and thread count of the process that ran last.</summary>
    public string EnvironmentFile => File("environment.json");

    /// <summary>True when the result is there.</summary>
    public bool IsFinished => System.IO.File.Exists(ResultFile);

    /// <summary>The result of a finished run, with the folder where it lies now: results may have been moved.</summary>
    /// <exception cref="RunStateException">The result is damaged.</exception>
    internal RunResult ReadResult() => SettingsJson.Read<RunResult>(System.IO.File.ReadAllText(ResultFile), ResultFile) with { Folder = Path };

    /// <summary>A file of this folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The name of a run: its kind and the first 12 digits of the hash of its config.</summary>
    public static string NameOf(string kind, string config) => $"{kind}-{ContentHash.OfText(config)[..12]}";

    /// <summary>Opens the folder for one run, making it when it is new.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="config">The resolved settings as canonical JSON; an existing folder must hold the same.</param>
    /// <exception cref="RunStateException">The folder holds another run, or another process works in it.</exception>
    public static RunFolder Open(string path, string config)
    {
        Directory.CreateDirectory(path);
        var folder = new RunFolder(System.IO.Path.GetFullPath(path), Hold(path));
        try
        {
            if (!System.IO.File.Exists(folder.ConfigFile))
            {
                if (Directory.EnumerateFiles(path).Any(file => !System.IO.Path.GetFileName(file).StartsWith('.')))
                {
                    throw new RunStateException($"{path}: the folder holds files but no config.json, so it is no run folder; give an empty or new folder.", path);
                }

                AtomicFile.WriteText(folder.ConfigFile, config);
            }
            else if (System.IO.File.ReadAllText(folder.ConfigFile) != config)
            {
                throw new RunStateException(
                    $"{path}: the folder holds a run with other settings or other data; give another folder, or remove this one to start anew.", folder.ConfigFile);
            }

            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => held.Dispose();

    private static FileStream Hold(string path)
    {
        var file = System.IO.Path.Combine(path, ".lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new RunStateException($"{path}: another process works on this run; wait for it or give another folder.", file, e);
        }
    }
}
