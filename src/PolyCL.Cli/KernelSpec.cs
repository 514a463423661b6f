using System.Text.Json;
using System.Text.RegularExpressions;
using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>The file by which Jupyter and VS Code know the kernel: <c>kernels/NAME/kernel.json</c> in Jupyter's data folder.</summary>
internal static partial class KernelSpec
{
    /// <summary>The name shown in the list of kernels.</summary>
    public const string DisplayName = "PolyCL (F#)";

    private const string Logo =
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
          <rect width="64" height="64" rx="12" fill="#1b3a57"/>
          <ellipse cx="32" cy="32" rx="24" ry="18" fill="none" stroke="#dfe8f0" stroke-width="3"/>
          <path d="M14 31c4-9 18-10 22-5 3 4-1 8-7 9-7 1-16 3-15-4z" fill="#e0844c"/>
          <circle cx="43" cy="36" r="4" fill="#6fb1d8"/>
        </svg>

        """;

    /// <summary>Writes the spec; <c>kernel.json</c> comes last, whole or not at all. Gives its folder.</summary>
    /// <exception cref="ArgumentException">The name is not one Jupyter accepts.</exception>
    public static string Install(string name, string? dataFolder)
    {
        var folder = Folder(name, dataFolder);
        var spec = JsonSerializer.Serialize(
            new
            {
                argv = new[] { KernelProgram.Host(), KernelProgram.Find(), "kernel", "{connection_file}" },
                display_name = DisplayName,
                language = "F#",
                // A signal reaches a kernel whose sockets are at a standstill; Windows has none.
                interrupt_mode = OperatingSystem.IsWindows() ? "message" : "signal",
            },
            JsonOutput.Indented);
        AtomicFile.WriteText(Path.Combine(folder, "logo-svg.svg"), Logo);
        AtomicFile.WriteText(SpecFile(folder), spec + "\n");
        return folder;
    }

    /// <summary>Removes a spec that <see cref="Install"/> wrote. Gives its folder.</summary>
    /// <exception cref="ArgumentException">There is none of that name, or it belongs to another kernel.</exception>
    public static string Uninstall(string name, string? dataFolder)
    {
        var folder = Folder(name, dataFolder);
        if (!File.Exists(SpecFile(folder)))
        {
            throw new ArgumentException($"{folder} holds no kernel.json; check --name and --user-dir.");
        }

        if (!File.ReadAllText(SpecFile(folder)).Contains("PolyCL.Kernel.dll", StringComparison.Ordinal))
        {
            throw new ArgumentException($"{folder} belongs to another kernel; remove it with 'jupyter kernelspec uninstall {name}'.");
        }

        File.Delete(SpecFile(folder));
        Directory.Delete(folder, recursive: true);
        return folder;
    }

    private static string SpecFile(string folder) => Path.Combine(folder, "kernel.json");

    private static string Folder(string name, string? dataFolder) => NamePattern().IsMatch(name)
        ? Path.GetFullPath(Path.Combine(dataFolder ?? UserDataFolder(), "kernels", name))
        : throw new ArgumentException($"--name {name}: a kernel's name is made of lower-case letters, digits, '.', '_' and '-'.");

    /// <summary>Where Jupyter looks for a user's own kernels, by its rules.</summary>
    private static string UserDataFolder()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } named)
        {
            return named;
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
            : OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "jupyter");
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]*$")]
    private static partial Regex NamePattern();
}
