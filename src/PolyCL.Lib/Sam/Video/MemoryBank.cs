using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>What is remembered of the slices: memories as bfloat16, as the official predictor stores them, and object pointers.</summary>
/// <remarks>Owns its tensors.</remarks>
internal sealed class MemoryBank(int slices) : IDisposable
{
    private readonly Dictionary<int, Tensor> memories = [];
    private readonly Dictionary<int, Tensor> pointers = [];
    private int prompted = -1;

    /// <summary>Slices remembered now, by pointer.</summary>
    public int Count => pointers.Count;

    /// <summary>Remembers a slice; takes over the pointer, [1, dim], and stores the memory, [1, memoryDim, h, w], rounded to bfloat16.</summary>
    public void Put(int slice, Tensor memory, Tensor pointer, bool isPrompt)
    {
        Forget(slice);
        memories[slice] = memory.to_type(ScalarType.BFloat16).DetachFromDisposeScope();
        pointers[slice] = pointer.DetachFromDisposeScope();
        if (isPrompt)
        {
            prompted = slice;
        }
    }

    /// <summary>What a slice is joined with.</summary>
    public MemoryChoice Choose(int slice, bool reverse) =>
        MemoryChoice.Of(slice, reverse, prompted, slices, other => other != prompted && pointers.ContainsKey(other));

    /// <summary>The stored memory of a slice, [1, memoryDim, h, w] in bfloat16; stays the bank's.</summary>
    public Tensor Memory(int slice) => memories[slice];

    /// <summary>The pointer of a slice, [1, dim]; stays the bank's.</summary>
    public Tensor Pointer(int slice) => pointers[slice];

    /// <summary>Drops what no pass can look up any more; the prompted slice stays.</summary>
    /// <param name="passes">The slice to which each pass comes next, and its direction.</param>
    public void Drop(IReadOnlyList<(int Next, bool Reverse)> passes)
    {
        foreach (var slice in pointers.Keys.Where(slice => slice != prompted).ToList())
        {
            if (!passes.Any(pass => MemoryChoice.Reaches(pass.Next, pass.Reverse, slice, memory: false)))
            {
                Forget(slice);
            }
            else if (!passes.Any(pass => MemoryChoice.Reaches(pass.Next, pass.Reverse, slice, memory: true)) && memories.Remove(slice, out var memory))
            {
                memory.Dispose();
            }
        }
    }

    /// <summary>Drops all but the prompted slice: a fresh state.</summary>
    public void DropTracked() => Drop([]);

    private void Forget(int slice)
    {
        if (memories.Remove(slice, out var memory))
        {
            memory.Dispose();
        }

        if (pointers.Remove(slice, out var pointer))
        {
            pointer.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in memories.Values.Concat(pointers.Values))
        {
            tensor.Dispose();
        }

        memories.Clear();
        pointers.Clear();
    }
}
