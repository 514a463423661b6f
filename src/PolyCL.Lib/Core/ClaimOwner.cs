using System.Diagnostics;

namespace PolyCL.Core;

/// <summary>Who holds a claim; the content of its file.</summary>
internal sealed record ClaimOwner
{
    private const string PidNamespace = "/proc/self/ns/pid";

    // A clock that was set anew shifts the times of processes that began long ago.
    private static readonly TimeSpan StartTolerance = TimeSpan.FromMinutes(1);

    /// <summary>The machine, with the process namespace where there are such: equal only where process ids mean the same.</summary>
    public required string Host { get; init; }

    /// <summary>Process id on that machine.</summary>
    public required int Pid { get; init; }

    /// <summary>When the process began, UTC; another one may have taken its id since.</summary>
    public required DateTime Started { get; init; }

    /// <summary>Seconds without a sign of life after which the claim counts as abandoned.</summary>
    public required double ExpirySeconds { get; init; }

    /// <summary>True once the owner has given the claim back.</summary>
    public bool Released { get; init; }

    /// <summary>This process.</summary>
    public static ClaimOwner Me(TimeSpan expiry)
    {
        using var process = Process.GetCurrentProcess();
        return new ClaimOwner { Host = ThisHost(), Pid = process.Id, Started = process.StartTime.ToUniversalTime(), ExpirySeconds = expiry.TotalSeconds };
    }

    /// <summary>Whether the process is known to have ended: it ran on this machine and is gone. Of other machines nothing is known.</summary>
    public bool IsGone()
    {
        if (Host != ThisHost())
        {
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(Pid);
            return (process.StartTime.ToUniversalTime() - Started).Duration() > StartTolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;   // another user's process: it is there, its start is not shown
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"process {Pid} on {Host.Split(' ')[0]}";

    private static string ThisHost() =>
        OperatingSystem.IsLinux() && new FileInfo(PidNamespace).LinkTarget is { } target ? $"{Environment.MachineName} {target}" : Environment.MachineName;
}
