using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>Keeps image embeddings in a folder, so that many runs over the same slices encode each once.</summary>
/// <remarks>
/// Bounded: what was used longest ago goes first. An entry is whole or absent, and a damaged one is made anew. Several processes may share a folder.
/// Embeddings computed in bfloat16 take two bytes a number, without loss.
/// </remarks>
public sealed class EmbeddingCache
{
    private const string Suffix = ".embedding";
    private const int DigestBytes = 32;
    private readonly string folder;
    private readonly long maximumBytes;
    private readonly TimeProvider clock;

    /// <summary>Opens a folder; it is made with the first entry.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="maximumBytes">Bytes that all entries together may take.</param>
    /// <param name="clock">Tells when an entry was used; null for the machine's clock.</param>
    /// <exception cref="ArgumentException">The folder is blank or the bound not positive.</exception>
    public EmbeddingCache(string folder, long maximumBytes = 8L << 30, TimeProvider? clock = null)
    {
        this.folder = Check.NotBlank(folder);
        this.maximumBytes = Check.Positive(maximumBytes);
        this.clock = clock ?? TimeProvider.System;
    }

    /// <summary>Embeddings found so far.</summary>
    public int Found { get; private set; }

    /// <summary>Embeddings that were not there or damaged.</summary>
    public int Missed { get; private set; }

    /// <summary>The name of an entry: a digest of all that decides its numbers.</summary>
    /// <param name="parts">Digest of the weights, number format, sizes and the like.</param>
    /// <param name="pixels">The prepared slice.</param>
    internal static string Key(IEnumerable<string> parts, ReadOnlySpan<byte> pixels) =>
        ContentHash.OfText(string.Join('\n', parts.Append(ContentHash.OfBytes(pixels))));

    /// <summary>Finds an embedding, or makes and keeps it.</summary>
    internal float[] FindOrMake(string key, Func<float[]> make)
    {
        if (Find(key) is { } values)
        {
            Found++;
            return values;
        }

        Missed++;
        values = make();
        Store(key, values);
        return values;
    }

    private string PathOf(string key) => Path.Combine(folder, key + Suffix);

    private float[]? Find(string key)
    {
        var path = PathOf(key);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var values = Decode(File.ReadAllBytes(path));
            if (values is null)
            {
                File.Delete(path);
                return null;
            }

            Touch(path);
            return values;
        }
        catch (IOException)
        {
            // Another process took it out at this moment.
            return null;
        }
    }

    private void Store(string key, float[] values)
    {
        var bytes = Encode(values);
        if (bytes.LongLength > maximumBytes)
        {
            return;
        }

        var path = PathOf(key);
        try
        {
            AtomicFile.Write(path, stream => stream.Write(bytes));
        }
        catch (FileNotFoundException)
        {
            // Another process made room and took the unfinished entry for one of a killed process; it is made anew when it is asked for.
            return;
        }

        Touch(path);
        RemoveOldest();
    }

    /// <summary>Marks an entry as used now, unless another process took it out.</summary>
    private void Touch(string path)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        try
        {
            File.SetLastWriteTimeUtc(path, now);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Then there is nothing to mark.
        }
    }

    private void RemoveOldest()
    {
        // Unfinished entries of killed processes count and age like the others.
        var entries = new DirectoryInfo(folder).EnumerateFiles()
            .Where(file => file.Name.EndsWith(Suffix, StringComparison.Ordinal) || (file.Name.Contains(Suffix + ".", StringComparison.Ordinal) && file.Extension == ".tmp"))
            .Select(Read)
            .OfType<(FileInfo File, long Length, DateTime Used)>()
            .OrderBy(entry => entry.Used)
            .ToList();
        var excess = entries.Sum(entry => entry.Length) - maximumBytes;
        foreach (var (file, length, _) in entries.TakeWhile(_ => excess > 0))
        {
            excess -= length;
            file.Delete();
        }
    }

    /// <summary>Size and last use of an entry, or null when another process took it out since it was listed.</summary>
    private static (FileInfo File, long Length, DateTime Used)? Read(FileInfo file)
    {
        try
        {
            return (file, file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Width of a number, the numbers, and the digest of both.</summary>
    private static byte[] Encode(float[] values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var width = AllShort(bits) ? sizeof(ushort) : sizeof(uint);
        var bytes = new byte[1 + (values.Length * width) + DigestBytes];
        bytes[0] = (byte)width;
        var body = bytes.AsSpan(1);
        for (var i = 0; i < bits.Length; i++)
        {
            if (width == sizeof(uint))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(body[(i * width)..], bits[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(body[(i * width)..], (ushort)(bits[i] >> 16));
            }
        }

        SHA256.HashData(bytes.AsSpan(..^DigestBytes), bytes.AsSpan(^DigestBytes..));
        return bytes;
    }

    private static float[]? Decode(byte[] bytes)
    {
        if (bytes.Length <= DigestBytes || bytes[0] is not (sizeof(uint) or sizeof(ushort))
            || !SHA256.HashData(bytes.AsSpan(..^DigestBytes)).AsSpan().SequenceEqual(bytes.AsSpan(^DigestBytes..)))
        {
            return null;
        }

        var width = bytes[0];
        var body = bytes.AsSpan(1..^DigestBytes);
        var values = new float[body.Length / width];
        for (var i = 0; i < values.Length; i++)
        {
            var number = body.Slice(i * width, width);
            values[i] = BitConverter.UInt32BitsToSingle(width == sizeof(uint)
                ? BinaryPrimitives.ReadUInt32LittleEndian(number)
                : (uint)BinaryPrimitives.ReadUInt16LittleEndian(number) << 16);
        }

        return values;
    }

    /// <summary>True when all numbers are bfloat16 ones.</summary>
    private static bool AllShort(ReadOnlySpan<uint> bits)
    {
        foreach (var number in bits)
        {
            if ((number & 0xffff) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
