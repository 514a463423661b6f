using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Goes on with a run on as many CPU threads as it was begun with, whatever the process has: torch splits long sums by threads, so that bits depend on them.</summary>
/// <remarks>Afterwards the process has its own number again.</remarks>
internal sealed class RunThreads : IDisposable
{
    private readonly int own = get_num_threads();

    private RunThreads(int threads) => set_num_threads(threads);

    /// <summary>Takes over the number that a run's checkpoint tells; null for a run that begins.</summary>
    public static RunThreads? Of(RunFolder folder) =>
        Checkpoint.ThreadsOf(folder.CheckpointFile) is { } threads && threads != get_num_threads() ? new RunThreads(threads) : null;

    /// <inheritdoc/>
    public void Dispose() => set_num_threads(own);
}
