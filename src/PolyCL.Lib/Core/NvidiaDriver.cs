using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PolyCL.Core;

/// <summary>Asks NVIDIA's driver what torch has no call for here: its version, the GPUs, memory in use. Works with every build, and says nothing where no driver is.</summary>
/// <remarks>Source: CUDA Driver API. The driver, too, shows only the GPUs of CUDA_VISIBLE_DEVICES.</remarks>
internal static unsafe class NvidiaDriver
{
    private const int Success = 0, CapabilityMajor = 75, CapabilityMinor = 76, NameLength = 128;
    private static readonly nint Library = Load();

    /// <summary>The newest CUDA that the driver serves, such as 12.8, or null without a driver.</summary>
    public static Version? Cuda
    {
        get
        {
            var version = 0;
            return Function("cuDriverGetVersion") is var call and not 0 && ((delegate* unmanaged<int*, int>)call)(&version) == Success ? new Version(version / 1000, version % 1000 / 10) : null;
        }
    }

    /// <summary>The GPUs that this process may use; none without a driver.</summary>
    public static IReadOnlyList<GpuReport> Gpus()
    {
        var count = 0;
        if (Function("cuInit") is not (var start and not 0) || ((delegate* unmanaged<uint, int>)start)(0) != Success
            || Function("cuDeviceGetCount") is not (var counting and not 0) || ((delegate* unmanaged<int*, int>)counting)(&count) != Success)
        {
            return [];
        }

        return [.. Enumerable.Range(0, count).Select(Gpu).OfType<GpuReport>()];
    }

    /// <summary>Bytes in use, by this and other processes, on the GPU that this thread computes on, or null where there is none.</summary>
    public static long? MemoryInUse()
    {
        nuint free = 0, total = 0;
        return Function("cuMemGetInfo_v2") is var call and not 0 && ((delegate* unmanaged<nuint*, nuint*, int>)call)(&free, &total) == Success ? (long)(total - free) : null;
    }

    private static GpuReport? Gpu(int ordinal)
    {
        int device = 0, major = 0, minor = 0;
        nuint bytes = 0;
        var name = stackalloc byte[NameLength];
        if (Function("cuDeviceGet") is not (var get and not 0) || ((delegate* unmanaged<int*, int, int>)get)(&device, ordinal) != Success
            || Function("cuDeviceGetName") is not (var naming and not 0) || ((delegate* unmanaged<byte*, int, int, int>)naming)(name, NameLength, device) != Success
            || Function("cuDeviceTotalMem_v2") is not (var memory and not 0) || ((delegate* unmanaged<nuint*, int, int>)memory)(&bytes, device) != Success
            || Function("cuDeviceGetAttribute") is not (var attribute and not 0)
            || ((delegate* unmanaged<int*, int, int, int>)attribute)(&major, CapabilityMajor, device) != Success
            || ((delegate* unmanaged<int*, int, int, int>)attribute)(&minor, CapabilityMinor, device) != Success)
        {
            return null;
        }

        return new GpuReport(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), (long)bytes, string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}"));
    }

    private static nint Function(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    private static nint Load() => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var library) ? library : 0;
}
