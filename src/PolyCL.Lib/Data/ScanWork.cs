using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Works on many scans at once, within a bound on memory.</summary>
internal static class ScanWork
{
    /// <summary>Calls <paramref name="work"/> for every scan, in order of start; stops at the first failure and throws it.</summary>
    /// <param name="count">Scans.</param>
    /// <param name="bytesOf">Memory that one scan needs; scans wait until half the machine's memory covers them, or they are alone.</param>
    /// <param name="work">What is done; returns the scan's name for progress.</param>
    /// <param name="stage">Name of the task for progress.</param>
    /// <param name="progress">Told after every scan, one at a time.</param>
    /// <param name="workers">Threads, so scans at once; 0 for one per core.</param>
    /// <param name="token">Stops between scans.</param>
    public static void ForEach(
        int count, Func<int, long> bytesOf, Func<int, string> work, string stage, IProgress<ProgressReport>? progress, int workers, CancellationToken token)
    {
        Check.NotNegative(workers);
        var budget = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        var gate = new Lock();
        var used = 0L;
        var running = 0;
        var done = 0;
        using var freed = new SemaphoreSlim(0);
        progress?.Report(new ProgressReport(stage, 0, count));

        void Work(int scan)
        {
            var bytes = bytesOf(scan);
            while (!TryEnter(bytes))
            {
                // A scan that ends releases once; the time limit covers a release that another waiter took.
                freed.Wait(250, token);
            }

            try
            {
                token.ThrowIfCancellationRequested();
                var name = work(scan);
                lock (gate)
                {
                    progress?.Report(new ProgressReport(stage, ++done, count, name));
                }
            }
            finally
            {
                lock (gate)
                {
                    used -= bytes;
                    running--;
                }

                freed.Release();
            }
        }

        bool TryEnter(long bytes)
        {
            lock (gate)
            {
                if (running > 0 && used + bytes > budget)
                {
                    return false;
                }

                used += bytes;
                running++;
                return true;
            }
        }

        // One scheduler for the scans and for what runs beside each other within a scan, so that no more threads work than were asked for.
        var most = workers > 0 ? workers : Environment.ProcessorCount;
        var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, most).ConcurrentScheduler;
        Unwrapped(() => Parallel.ForEach(
            Partitioner.Create(Enumerable.Range(0, count), EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = token, TaskScheduler = scheduler },
            Work));
    }

    /// <summary>Does two things of one scan, at the same time where a thread is free; throws the first failure as it is.</summary>
    public static void Both(Action first, Action second) =>
        Unwrapped(() => Parallel.Invoke(new ParallelOptions { TaskScheduler = TaskScheduler.Current }, first, second));

    private static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
