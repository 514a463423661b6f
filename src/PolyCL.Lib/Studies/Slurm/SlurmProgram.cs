using System.ComponentModel;
using System.Diagnostics;

namespace PolyCL.Studies.Slurm;

/// <summary>Calls a program of Slurm and takes what it prints.</summary>
/// <param name="Output">What it printed.</param>
/// <param name="Trouble">The first line of its complaint, or what else went wrong; null when it ended well.</param>
/// <param name="IsThere">Whether there is such a program.</param>
internal sealed record SlurmProgram(string Output, string? Trouble, bool IsThere = true)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks a program on the path.</summary>
    public static SlurmProgram Ask(string name, params IEnumerable<string> arguments) => Call(name, Patience, arguments);

    /// <summary>Calls a program on the path.</summary>
    public static SlurmProgram Call(string name, TimeSpan patience, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(patience))
            {
                process.Kill();
                return new SlurmProgram("", $"{name} gave no answer within {patience.TotalSeconds} s");
            }

            process.WaitForExit();  // until both streams are read
            var complaint = errors.Result.Trim().Split('\n')[0].Trim();
            return new SlurmProgram(output.Result, process.ExitCode == 0 ? null : complaint.Length > 0 ? complaint : $"{name} ended with exit code {process.ExitCode}");
        }
        catch (Win32Exception)
        {
            return new SlurmProgram("", $"there is no {name} on the path", IsThere: false);
        }
    }
}
