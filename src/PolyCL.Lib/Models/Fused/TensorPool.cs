using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>Tensors whose memory is used again after torch has freed them.</summary>
/// <remarks>
/// The C library gives blocks of tens of megabytes back to the system on each free, and the next step pays a page fault for every 4 KiB:
/// about 15 ms for one map of [10, 16, 256, 256]. Here a freed block waits for the next request of its size. What waits never exceeds the
/// largest amount that was ever in use at the same time: where it would, the blocks that waited before go, since their sizes are of work that is done.
/// </remarks>
internal static unsafe class TensorPool
{
    private const nuint Grain = 4096;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<nuint, Stack<nint>> Waiting = [];
    private static readonly Dictionary<nint, nuint> Sizes = [];

    // The entry points are C functions: a changed signature would be called all the same. So only the version that they were read from is.
    private static readonly Version Known = new(0, 107, 0);
    private static readonly nint Library = IsKnown(typeof(torch).Assembly.GetName().Version) && NativeLibrary.TryLoad("LibTorchSharp", typeof(torch).Assembly, null, out var library) ? library : 0;
    private static readonly delegate* unmanaged<void*, delegate* unmanaged<void*, void>, long*, int, sbyte, sbyte, int, int, byte, nint> New
        = (delegate* unmanaged<void*, delegate* unmanaged<void*, void>, long*, int, sbyte, sbyte, int, int, byte, nint>)Export("THSTensor_new");

    private static readonly delegate* unmanaged<nint, void*> Data = (delegate* unmanaged<nint, void*>)Export("THSTensor_data");
    private static nuint used;
    private static nuint waiting;
    private static nuint mostUsed;

    /// <summary>True when TorchSharp is of the known version and its native library has the two entry points.</summary>
    internal static bool IsSupported => New != null && Data != null;

    /// <summary>Bytes in living tensors of the pool.</summary>
    internal static long UsedBytes
    {
        get
        {
            lock (Gate)
            {
                return (long)used;
            }
        }
    }

    /// <summary>The largest number of bytes that were in living tensors at the same time.</summary>
    internal static long MostUsedBytes
    {
        get
        {
            lock (Gate)
            {
                return (long)mostUsed;
            }
        }
    }

    /// <summary>Bytes that wait for the next request.</summary>
    internal static long WaitingBytes
    {
        get
        {
            lock (Gate)
            {
                return (long)waiting;
            }
        }
    }

    /// <summary>True for the TorchSharp whose native signatures are declared here.</summary>
    internal static bool IsKnown(Version? version) => version is not null && (version.Major, version.Minor, Math.Max(version.Build, 0)) == (Known.Major, Known.Minor, Known.Build);

    /// <summary>A contiguous CPU tensor of any content.</summary>
    internal static Tensor Rent(ScalarType type, params ReadOnlySpan<long> shape)
    {
        nuint bytes = type == ScalarType.Float32 ? 4u : 2u;
        foreach (var length in shape)
        {
            bytes *= (nuint)length;
        }

        var memory = Take((bytes + Grain - 1) / Grain * Grain);
        fixed (long* lengths = shape)
        {
            var handle = New((void*)memory, &GiveBack, lengths, shape.Length, (sbyte)type, (sbyte)type, 0, -1, 0);
            if (handle == 0)
            {
                torch.CheckForErrors();
            }

            return Tensor.UnsafeCreateTensor(handle);
        }
    }

    /// <summary>Address of a contiguous tensor's first element.</summary>
    internal static T* Pointer<T>(Tensor tensor)
        where T : unmanaged
        => (T*)Data(tensor.Handle);

    private static nint Take(nuint bytes)
    {
        lock (Gate)
        {
            if (!Waiting.TryGetValue(bytes, out var blocks) || !blocks.TryPop(out var memory))
            {
                memory = (nint)NativeMemory.AlignedAlloc(bytes, 64);
                Sizes[memory] = bytes;
            }
            else
            {
                waiting -= bytes;
            }

            used += bytes;
            mostUsed = Math.Max(mostUsed, used);
            return memory;
        }
    }

    [UnmanagedCallersOnly]
    private static void GiveBack(void* memory)
    {
        lock (Gate)
        {
            var bytes = Sizes[(nint)memory];
            used -= bytes;
            if (waiting + bytes > mostUsed)
            {
                Release();
            }

            waiting += bytes;
            if (!Waiting.TryGetValue(bytes, out var blocks))
            {
                Waiting[bytes] = blocks = new Stack<nint>();
            }

            blocks.Push((nint)memory);
        }
    }

    private static void Release()
    {
        foreach (var block in Waiting.Values.SelectMany(static blocks => blocks))
        {
            Sizes.Remove(block);
            NativeMemory.AlignedFree((void*)block);
        }

        Waiting.Clear();
        waiting = 0;
    }

    private static nint Export(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var entry) ? entry : 0;
}
