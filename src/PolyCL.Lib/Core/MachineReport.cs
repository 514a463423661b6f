using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;
using static TorchSharp.torch;

namespace PolyCL.Core;

/// <summary>What this machine offers for training, in facts; <see cref="Problem"/> and <see cref="NextStep"/> say what is missing.</summary>
public sealed record MachineReport
{
    private static readonly string[] Variables =
        ["SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS", "SLURM_CPUS_PER_TASK", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "CUDA_VISIBLE_DEVICES"];

    /// <summary>Operating system and architecture.</summary>
    public required string System { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string DotNet { get; init; }

    /// <summary>Version of libtorch, or null when it does not load.</summary>
    public string? LibTorch { get; init; }

    /// <summary>Where libtorch was loaded from, or null.</summary>
    public string? LibTorchPath { get; init; }

    /// <summary>Newest GLIBCXX version of the system's libstdc++, or null outside Linux or when it is not found.</summary>
    public string? LibStdCpp { get; init; }

    /// <summary>Whether this build holds the CUDA libtorch.</summary>
    public bool CudaBuild { get; init; }

    /// <summary>The newest CUDA that NVIDIA's driver serves, such as "12.8", or null without a driver.</summary>
    public string? CudaDriver { get; init; }

    /// <summary>GPUs that the driver shows to this process, whether torch can use them or not.</summary>
    public IReadOnlyList<GpuReport> Gpus { get; init; } = [];

    /// <summary>CUDA devices that torch can use.</summary>
    public IReadOnlyList<string> Cuda { get; init; } = [];

    /// <summary>What stands in the way of CUDA, in words; "available" when nothing does.</summary>
    public required string CudaState { get; init; }

    /// <summary>Slurm's and CUDA's variables of this process that decide on devices, by name; only those that are set.</summary>
    public IReadOnlyDictionary<string, string> JobVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>What a run computes on here when <c>--device</c> is not given, or why it could not.</summary>
    public string? Device { get; init; }

    /// <summary>Cores the process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>Threads torch computes with, or 0 when it does not load.</summary>
    public int Threads { get; init; }

    /// <summary>Vector instructions that matter: AVX2, AVX-512, AVX-512 bf16, AMX bf16, or NEON.</summary>
    public required IReadOnlyList<string> Vectors { get; init; }

    /// <summary>Whether the CPU has bfloat16 instructions; it says nothing of speed.</summary>
    public required bool FastBFloat16 { get; init; }

    /// <summary>Free memory in bytes.</summary>
    public required long FreeMemory { get; init; }

    /// <summary>What is missing, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>The one next step.</summary>
    public required string NextStep { get; init; }

    /// <summary>Looks at this machine; never throws for what is missing.</summary>
    public static MachineReport Look()
    {
        var vectors = VectorSets();
        var report = new MachineReport
        {
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}".ToString(CultureInfo.InvariantCulture),
            DotNet = RuntimeInformation.FrameworkDescription,
            LibStdCpp = NewestGlibCxx(),
            CudaState = "libtorch does not load",
            Cores = Environment.ProcessorCount,
            Vectors = vectors,
            FastBFloat16 = vectors.Any(name => name.EndsWith("bf16", StringComparison.Ordinal)),
            FreeMemory = AvailableMemory(),
            NextStep = "",
        };
        try
        {
            return report.WithTorch();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException or NotSupportedException or FileNotFoundException)
        {
            var reason = (e.InnerException ?? e).Message.Split('\n')[0];
            return report with
            {
                Problem = $"libtorch does not load: {reason}",
                NextStep = report.LibStdCpp is null && OperatingSystem.IsLinux()
                    ? "Install libstdc++ (Debian, Ubuntu: apt-get install libstdc++6 libgomp1) and build again."
                    : "Remove the bin and obj folders and build again with 'dotnet build -c Release', so that the natives of this platform are copied.",
            };
        }
    }

    private MachineReport WithTorch()
    {
        using var probe = ones(2);
        var devices = cuda.is_available() ? Enumerable.Range(0, cuda.device_count()).Select(index => $"cuda:{index}").ToList() : [];
        var available = devices.Count > 0;
        var (built, driver, gpus) = (LoadedFrom("torch_cuda") is not null, NvidiaDriver.Cuda, NvidiaDriver.Gpus());
        var low = FreeMemory < 2L << 30;
        return this with
        {
            LibTorch = __version__,
            LibTorchPath = LoadedFrom("torch_cpu"),
            CudaBuild = built,
            CudaDriver = driver?.ToString(),
            Gpus = gpus,
            Cuda = devices,
            CudaState = CudaWords(devices.Count, built, driver, gpus.Count),
            JobVariables = Variables.Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null).ToDictionary()!,
            Device = DeviceWords(devices.Count, Environment.GetEnvironmentVariable),
            Threads = get_num_threads(),
            Problem = low ? $"only {FreeMemory >> 20} MiB of memory are free" : null,
            NextStep = low
                ? "Close other programs, or use --profile smoke."
                : available ? "Run 'polycl quickstart', or train with --device auto." : "Run 'polycl quickstart'.",
        };
    }

    /// <summary>What stands in the way of CUDA, and what to do.</summary>
    /// <param name="devices">Devices that torch sees.</param>
    /// <param name="built">Whether the build holds the CUDA libtorch.</param>
    /// <param name="driver">The newest CUDA of the driver, or null without one.</param>
    /// <param name="gpus">GPUs that the driver shows.</param>
    internal static string CudaWords(int devices, bool built, Version? driver, int gpus) => (devices, built, driver, gpus) switch
    {
        ( > 0, _, _, _) => "available",
        (_, false, null, _) => "no NVIDIA driver, and this build holds the CPU libtorch",
        (_, false, _, 0) => "this build holds the CPU libtorch; a driver is there, but it shows no GPU to this process",
        (_, false, _, _) => "a GPU is there, but this build holds the CPU libtorch; build with -p:TorchBackend=cuda",
        (_, true, null, _) => "this build holds the CUDA libtorch, but no NVIDIA driver is found (libcuda); install it, and in a container start with --nv (Apptainer) or --gpus all (Docker)",
        (_, true, _, 0) => "the driver shows no GPU to this process; check nvidia-smi and CUDA_VISIBLE_DEVICES, and in Slurm ask for one (--gres=gpu:1)",
        (_, true, { Major: < 12 }, _) => $"the driver serves CUDA {driver} at most, and libtorch is built for CUDA 12; update the driver",
        _ => "the driver shows a GPU that torch cannot use; run again with CUDA_LAUNCH_BLOCKING=1 and see docs/install.md",
    };

    private static string DeviceWords(int devices, Func<string, string?> variable)
    {
        try
        {
            return DeviceChoice.Of(DeviceChoice.Unnamed(variable), devices, variable);
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    private static string? LoadedFrom(string library)
    {
        if (!File.Exists("/proc/self/maps"))
        {
            return null;
        }

        var line = File.ReadLines("/proc/self/maps").FirstOrDefault(text => text.Contains($"/lib{library}.so", StringComparison.Ordinal));
        return line?[line.IndexOf('/', StringComparison.Ordinal)..];
    }

    private static List<string> VectorSets()
    {
        var found = new List<string>();
        if (Avx2.IsSupported)
        {
            found.Add("AVX2");
        }

        if (Avx512F.IsSupported)
        {
            found.Add("AVX-512");
        }

        var flags = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? ""
            : "";
        if (flags.Contains(" avx512_bf16", StringComparison.Ordinal))
        {
            found.Add("AVX-512 bf16");
        }

        if (flags.Contains(" amx_bf16", StringComparison.Ordinal))
        {
            found.Add("AMX bf16");
        }

        if (AdvSimd.IsSupported)
        {
            found.Add("NEON");
        }

        return found;
    }

    /// <summary>Memory a new process can have: Linux's own estimate, else the runtime's limit less what is in use.</summary>
    private static long AvailableMemory()
    {
        const string key = "MemAvailable:";
        if (File.Exists("/proc/meminfo")
            && File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } text
            && long.TryParse(text[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var kilobytes))
        {
            return kilobytes << 10;
        }

        var info = GC.GetGCMemoryInfo();
        return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
    }

    /// <summary>The newest version name in the system's libstdc++, found in its string table.</summary>
    private static string? NewestGlibCxx()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string[] folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib64"];
        var file = folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        if (file is null)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(file).AsSpan();
        var best = (Version?)null;
        var mark = "GLIBCXX_3."u8;
        for (var at = bytes.IndexOf(mark); at >= 0;)
        {
            var rest = bytes[(at + 8)..];
            var end = rest.IndexOf((byte)0);
            if (end is > 0 and < 12 && Version.TryParse(Encoding.ASCII.GetString(rest[..end]), out var version) && (best is null || version > best))
            {
                best = version;
            }

            bytes = rest;
            at = bytes.IndexOf(mark);
        }

        return best is null ? null : $"GLIBCXX_{best}";
    }
}
