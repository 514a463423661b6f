using Microsoft.Win32.SafeHandles;
using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>An open weight file, read at positions; the tensors' bytes go straight from the file into their memory.</summary>
internal sealed class WeightSource : IDisposable
{
    private const long ChunkElements = 1 << 26;
    private readonly SafeFileHandle handle;

    internal WeightSource(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw Problem(
                Directory.Exists(path) ? "is a folder; name a file in it."
                : File.Exists(path) ? $"cannot be read: {e.Message}"
                : "does not exist; check the name.");
        }
    }

    internal string Path { get; }

    /// <summary>Bytes in the file when it was opened.</summary>
    internal long Length { get; }

    /// <summary>The exception for a file at fault.</summary>
    internal WeightMismatchException Problem(string problem) => new($"Weight file '{Path}' {problem}", Path);

    /// <summary>Reads exactly the buffer's length from a position.</summary>
    internal void Read(long position, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(handle, buffer, position);
            }
            catch (IOException e)
            {
                throw Problem($"cannot be read at byte {position}: {e.Message}");
            }

            if (count == 0)
            {
                throw Problem($"ends at byte {position} although more is needed; it is truncated: copy or download it again.");
            }

            buffer = buffer[count..];
            position += count;
        }
    }

    /// <summary>Reads bytes as a new array; the caller has checked the count against <see cref="Length"/>.</summary>
    internal byte[] Read(long position, int count)
    {
        var bytes = new byte[count];
        Read(position, bytes.AsSpan());
        return bytes;
    }

    /// <summary>Reads a tensor as a fresh contiguous one on the CPU that the caller owns.</summary>
    internal Tensor Read(WeightEntry entry)
    {
        using var scope = NewDisposeScope();
        var shape = entry.Shape.ToArray();
        if (entry.Count == 0 || StridedLayout.IsContiguous(entry.Shape, entry.Stride))
        {
            var tensor = empty(shape, dtype: entry.Type);
            Fill(tensor, entry.Position);
            return tensor.MoveToOuterDisposeScope();
        }

        var storage = empty([StridedLayout.Extent(entry.Shape, entry.Stride)], dtype: entry.Type);
        Fill(storage, entry.Position);
        return storage.as_strided(shape, entry.Stride.ToArray()).contiguous().MoveToOuterDisposeScope();
    }

    private void Fill(Tensor tensor, long position)
    {
        using var flat = tensor.view(-1);
        var size = WeightTypes.Size(tensor.dtype);
        for (long start = 0; start < flat.shape[0]; start += ChunkElements)
        {
            using var part = flat.narrow(0, start, Math.Min(ChunkElements, flat.shape[0] - start));
            var bytes = part.bytes;
            Read(position + (start * size), bytes);
            if (tensor.dtype == ScalarType.Bool)
            {
                KeepZeroAndOne(bytes);
            }
        }
    }

    /// <summary>A bool that is neither 0 nor 1 is undefined behaviour in native code.</summary>
    private static void KeepZeroAndOne(Span<byte> bools)
    {
        foreach (ref var value in bools)
        {
            value = value == 0 ? (byte)0 : (byte)1;
        }
    }

    public void Dispose() => handle.Dispose();
}
