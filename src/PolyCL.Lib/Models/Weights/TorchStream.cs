using System.Buffers.Binary;

namespace PolyCL.Models.Weights;

/// <summary>
/// Reads PyTorch's format before 1.6, without zip: five pickles one after another (magic number, version, machine, contents, keys of the storages), then
/// each storage as a count of elements and its bytes.
/// </summary>
/// <remarks>
/// Source: the layout that torch.save writes with <c>_use_new_zipfile_serialization=False</c>. Sizes are checked against the file before any is read.
/// </remarks>
internal static class TorchStream
{
    private const int CountBytes = sizeof(long);
    private const long Version = 1001;
    private const string Again = "open it once in PyTorch 1.6 or later and save it again: torch.save(torch.load(path), path).";

    /// <summary>PyTorch's magic number 0x1950a86a20f9469cfc6c as the pickle of a ten-byte integer.</summary>
    private static ReadOnlySpan<byte> MagicNumber => [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    /// <summary>Bytes from the start of the file by which <see cref="Begins"/> can tell: a protocol, perhaps a frame, the number.</summary>
    internal const int StartBytes = 23;

    /// <summary>True when a file that begins so is of this format.</summary>
    internal static bool Begins(ReadOnlySpan<byte> start) => start.Length > 0 && start[0] == 0x80 && start.IndexOf(MagicNumber) is 2 or 11;

    internal static WeightSet Read(WeightSource source)
    {
        var code = source.Read(0, (int)Math.Min(source.Length, PickleMachine.LongestPickle));
        var position = 0;
        Next(out _);
        if (Next(out _) is not Version)
        {
            throw source.Problem($"is in PyTorch's old, non-zip format, but of another version than {Version}; {Again}");
        }

        if (Next(out _) is not PickleDictionary machine || machine.Items.Exists(item => item is { Key: "little_endian", Value: not true }))
        {
            throw source.Problem("was written on a big-endian machine, or does not say on which; save it again on a little-endian one.");
        }

        var root = Next(out var named);
        if (Next(out _) is not List<object?> keys)
        {
            throw source.Problem("has no list of its storages; it is damaged: copy or download it again.");
        }

        var storages = Places(source, position, keys, named);
        return TorchContents.Read(source, root, storage => storages.TryGetValue(storage.Key, out var place) ? place : null);

        object? Next(out IReadOnlyDictionary<string, PickleStorage> named)
        {
            var machine = new PickleMachine(source, code, position);
            var value = machine.Run();
            (position, named) = (machine.Position, machine.Storages);
            return value;
        }
    }

    /// <summary>Where each storage's bytes lie.</summary>
    private static Dictionary<string, (long Position, long Size)> Places(
        WeightSource source, long position, List<object?> keys, IReadOnlyDictionary<string, PickleStorage> named)
    {
        Dictionary<string, (long Position, long Size)> places = new(StringComparer.Ordinal);
        Span<byte> count = stackalloc byte[CountBytes];
        foreach (var key in keys)
        {
            if (key is not string text || !named.TryGetValue(text, out var storage) || places.ContainsKey(text))
            {
                throw source.Problem(
                    $"lists a storage '{ZipDirectory.Printable(key as string ?? string.Empty)}' that no tensor has, or lists it twice; "
                    + "it is damaged or forged.");
            }

            source.Read(position, count);
            position += CountBytes;
            var size = WeightTypes.Size(storage.Type);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) is var found && found != storage.Count)
            {
                throw source.Problem($"has a storage of {found} elements at byte {position} where {storage.Count} belong; it is truncated or damaged.");
            }

            if (storage.Count > (source.Length - position) / size)
            {
                throw source.Problem(
                    $"claims a storage of {storage.Count} elements at byte {position} but ends at byte {source.Length}; "
                    + "it is truncated: copy or download it again.");
            }

            places.Add(text, (position, storage.Count * size));
            position += storage.Count * size;
        }

        return places;
    }
}
