using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;

namespace PolyCL.Arithmetic;

/// <summary>What the answer of the check depends on, as a digest: processor as the system shows it, this boot, libtorch's file, settings of its libraries.</summary>
internal static class MachineIdentity
{
    private const int Raised = 3;                                         // raised when the check changes
    private static readonly string[] Prefixes = ["ONEDNN_", "DNNL_", "MKL_", "ATEN_CPU_CAPABILITY", "TORCH_"];

    /// <summary>The digest of this process.</summary>
    public static string Digest()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"check {Raised}\n{Environment.MachineName}\n{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}\n");
        text.Append(CultureInfo.InvariantCulture, $"{ReadOrNothing("/proc/sys/kernel/random/boot_id")}\n");
        Processor(text);
        Settings(text);
        LibTorch(text);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Processor(StringBuilder text)
    {
        if (!X86Base.IsSupported)
        {
            text.Append(Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER"));
            return;
        }

        // Features and caches as the hypervisor shows them; leaves that name the core of this moment are left out.
        foreach (var leaf in (uint[])[0, 4, 7, 0x80000001, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006, 0x8000001D])
        {
            text.Append(CultureInfo.InvariantCulture, $"{leaf:x}:{X86Base.CpuId((int)leaf, 0)}\n");
        }

        var (eax, _, ecx, edx) = X86Base.CpuId(1, 0);
        text.Append(CultureInfo.InvariantCulture, $"1:{eax} {ecx} {edx}\n");
    }

    private static void Settings(StringBuilder text)
    {
        foreach (var (name, value) in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => ((string)entry.Key, entry.Value))
            .Where(entry => Prefixes.Any(prefix => entry.Item1.StartsWith(prefix, StringComparison.Ordinal)))
            .OrderBy(entry => entry.Item1, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
        }
    }

    /// <summary>Version, and length and ends of the file, which hold the build's own digest; all of it would be half a gigabyte.</summary>
    private static void LibTorch(StringBuilder text)
    {
        text.Append(torch.__version__).Append('\n');
        var file = File.Exists("/proc/self/maps")
            ? File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.Contains("/libtorch_cpu.so", StringComparison.Ordinal))
            : null;
        if (file is null)
        {
            return;
        }

        using var stream = new FileStream(file[file.IndexOf('/', StringComparison.Ordinal)..], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var part = new byte[Math.Min(stream.Length, 1 << 20)];
        stream.ReadExactly(part);
        text.Append(CultureInfo.InvariantCulture, $"{stream.Length} {Convert.ToHexString(SHA256.HashData(part))}");
        stream.Seek(-part.Length, SeekOrigin.End);
        stream.ReadExactly(part);
        text.Append(Convert.ToHexString(SHA256.HashData(part)));
    }

    private static string ReadOrNothing(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : "";
}
