using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace PolyCL.Models.Fused;

/// <summary>Work cut into tasks that may run at the same time and in any order.</summary>
internal abstract class Job
{
    /// <summary>How many tasks there are.</summary>
    public abstract int Tasks { get; }

    /// <summary>Runs one of them on the calling thread.</summary>
    public abstract void Execute(int task, Scratch scratch);
}

/// <summary>Runs jobs on torch's own OpenMP threads where they can be had, else on the thread pool; torch's thread count holds for both.</summary>
/// <remarks>
/// torch's idle OpenMP threads spin for some milliseconds; other threads would fight them for the cores. GOMP_parallel is the entry point
/// that compiled code uses for a parallel region, so the kernels run on the very threads that torch's operations use.
/// </remarks>
internal static unsafe class WorkerTeam
{
    private static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel = FindOpenMp();

    /// <summary>Runs all tasks of a job and returns when they are done.</summary>
    internal static void Run(Job job) => Run(job, torch.get_num_threads(), onThreadPool: false);

    /// <summary>Runs them on a number of threads, by choice those of the thread pool.</summary>
    internal static void Run(Job job, int threads, bool onThreadPool)
    {
        var run = new JobRun(job);
        threads = Math.Min(threads, run.Tasks);
        if (threads <= 1)
        {
            run.Work();
        }
        else if (Parallel != null && !onThreadPool)
        {
            var handle = GCHandle.Alloc(run);
            Parallel(&Enter, (void*)GCHandle.ToIntPtr(handle), (uint)threads, 0);
            handle.Free();
        }
        else
        {
            System.Threading.Tasks.Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => run.Work());
        }

        run.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Enter(void* state) => ((JobRun)GCHandle.FromIntPtr((nint)state).Target!).Work();

    // The library that torch has loaded, under whatever name its package gives it.
    private static delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> FindOpenMp()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var path = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(name => Path.GetFileName(name).StartsWith("libgomp", StringComparison.Ordinal));
        return path is not null && NativeLibrary.TryLoad(path, out var library) && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var entry)
            ? (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)entry
            : null;
    }

    private sealed class JobRun(Job job)
    {
        private int next = -1;

        internal int Tasks { get; } = job.Tasks;

        internal ExceptionDispatchInfo? Failure { get; private set; }

        // An exception must not cross the native frames below; it is thrown again on the caller's thread.
        [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "rethrown by Run")]
        internal void Work()
        {
            try
            {
                var scratch = Scratch.Mine;
                for (var task = Interlocked.Increment(ref next); task < Tasks; task = Interlocked.Increment(ref next))
                {
                    job.Execute(task, scratch);
                }
            }
            catch (Exception failure)
            {
                Failure ??= ExceptionDispatchInfo.Capture(failure);
            }
        }
    }
}
