using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using PolyCL.Arithmetic;
using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>What a run was computed with; written beside the result, not part of the run's identity.</summary>
public sealed record RunEnvironment
{
    /// <summary>Version of this library, with the commit when built from a repository.</summary>
    public required string PolyCl { get; init; }

    /// <summary>Version of libtorch.</summary>
    public required string LibTorch { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string DotNet { get; init; }

    /// <summary>Operating system.</summary>
    public required string System { get; init; }

    /// <summary>The device: "cpu" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>The GPU by name, memory and compute capability, or null on the CPU.</summary>
    public string? Gpu { get; init; }

    /// <summary>Whether fp32 on the GPU may use TF32, or null on the CPU, which has none.</summary>
    public bool? Tf32 { get; init; }

    /// <summary>CPU threads; floating-point sums depend on them.</summary>
    public required int Threads { get; init; }

    /// <summary>What the check of this machine's arithmetic found, and what is done about it.</summary>
    public string? Arithmetic { get; init; }

    /// <summary>The environment of this process.</summary>
    /// <exception cref="ArgumentException">The device is not there.</exception>
    public static RunEnvironment Of(ComputeOptions compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        var device = compute.DeviceName();
        var onCpu = device == DeviceChoice.Cpu;
        return new RunEnvironment
        {
            PolyCl = typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            LibTorch = __version__,
            DotNet = RuntimeInformation.FrameworkDescription,
            System = RuntimeInformation.OSDescription,
            Device = device,
            Gpu = onCpu ? null : NvidiaDriver.Gpus().ElementAtOrDefault(int.Parse(device.AsSpan(device.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture))?.ToString(),
            Tf32 = onCpu ? null : compute.Tf32,
            Threads = get_num_threads(),
            Arithmetic = MachineArithmetic.Words,
        };
    }

    internal static void Write(RunFolder folder, ComputeOptions compute) =>
        AtomicFile.WriteText(folder.EnvironmentFile, SettingsJson.ToText(Of(compute)));
}
