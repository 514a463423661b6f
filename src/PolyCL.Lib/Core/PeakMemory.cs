using System.Diagnostics;

namespace PolyCL.Core;

/// <summary>The most memory that this process has had.</summary>
internal static class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs";

    /// <summary>Resident bytes at the peak, or null where the system does not tell.</summary>
    public static long? Bytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64 is > 0 and var peak ? peak : null;
        }
    }

    /// <summary>Lets the peak begin anew at the present memory, where the system can (Linux); else it stays the peak since the process began.</summary>
    public static void Forget()
    {
        try
        {
            if (File.Exists(Reset))
            {
                File.WriteAllText(Reset, "5");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without this file's fifth command.
        }
    }
}
