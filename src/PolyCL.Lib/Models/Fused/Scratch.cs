using System.Runtime.InteropServices;

namespace PolyCL.Models.Fused;

/// <summary>A thread's working memory: some growing buffers, kept for the thread's life.</summary>
internal sealed unsafe class Scratch
{
    [ThreadStatic]
    private static Scratch? mine;

    private readonly void*[] buffers = new void*[(int)ScratchUse.Count];
    private readonly nint[] sizes = new nint[(int)ScratchUse.Count];

    ~Scratch()
    {
        foreach (var buffer in buffers)
        {
            NativeMemory.AlignedFree(buffer);
        }
    }

    /// <summary>The calling thread's memory.</summary>
    internal static Scratch Mine => mine ??= new Scratch();

    /// <summary>At least <paramref name="count"/> floats, 64-byte aligned, of any content.</summary>
    internal float* Floats(ScratchUse use, nint count) => (float*)Bytes(use, count * sizeof(float));

    /// <summary>At least <paramref name="count"/> pointers.</summary>
    internal float** Pointers(ScratchUse use, nint count) => (float**)Bytes(use, count * sizeof(float*));

    private void* Bytes(ScratchUse use, nint bytes)
    {
        var slot = (int)use;
        if (sizes[slot] < bytes)
        {
            NativeMemory.AlignedFree(buffers[slot]);
            buffers[slot] = null;
            buffers[slot] = NativeMemory.AlignedAlloc((nuint)bytes, 64);
            sizes[slot] = bytes;
        }

        return buffers[slot];
    }
}

/// <summary>What a buffer of <see cref="Scratch"/> is for; two uses never share memory.</summary>
internal enum ScratchUse
{
    /// <summary>Input rows of a sweep.</summary>
    Rows,

    /// <summary>Their pointers.</summary>
    RowTable,

    /// <summary>Gradient rows of a weight sweep.</summary>
    Gradient,

    /// <summary>One output row of 16 channels.</summary>
    Line,

    /// <summary>A row while it is up-sampled.</summary>
    Doubling,

    /// <summary>Sums over a strip.</summary>
    Sums,

    /// <summary>Number of uses.</summary>
    Count,
}
