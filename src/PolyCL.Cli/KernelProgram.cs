using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PolyCL.Cli;

/// <summary>The notebook kernel, a program of its own: where it lies, and how it is started.</summary>
internal static class KernelProgram
{
    private const string FileName = "PolyCL.Kernel.dll";

    /// <summary>The kernel's file: in <c>kernel/</c> beside a published command line, in its own output folder in a clone.</summary>
    /// <exception cref="FileNotFoundException">It is in neither place.</exception>
    public static string Find()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var published = Path.Combine(here.FullName, "kernel", FileName);
        // In a clone this program lies in src/PolyCL.Cli/bin/CONFIGURATION/FRAMEWORK, or in the same place of the tests.
        var clone = here.Parent?.Parent?.Parent?.Parent?.Parent;
        string[] places = clone is null
            ? [published]
            : [published, Path.Combine(clone.FullName, "src", "PolyCL.Kernel", "bin", here.Parent!.Name, here.Name, FileName)];
        return places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException(
            $"The notebook kernel is missing ({places[^1]}); build it with 'dotnet build -c Release src/PolyCL.Kernel'.", places[^1]);
    }

    /// <summary>The <c>dotnet</c> program that runs this process, by its full path: front-ends may not have it on theirs.</summary>
    public static string Host()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(host) ? host : name;
    }

    /// <summary>Runs the kernel program to its end; signals that ask this process to stop are passed on.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="errors">Told each line of its standard error.</param>
    /// <returns>Its exit code and standard output.</returns>
    public static (int ExitCode, string Output) Run(IEnumerable<string> arguments, Action<string> errors)
    {
        var info = new ProcessStartInfo(Host(), [Find(), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(info)!;
        process.StandardInput.Close();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Pass(context, 2));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Pass(context, 15));
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                errors(text);
            }
        };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);

        void Pass(PosixSignalContext context, int signal)
        {
            context.Cancel = true;
            if (!OperatingSystem.IsWindows())
            {
                _ = Kill(process.Id, signal);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
