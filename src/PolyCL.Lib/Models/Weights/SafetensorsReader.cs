using System.Buffers.Binary;
using System.Text.Json;

namespace PolyCL.Models.Weights;

/// <summary>Reads a .safetensors header: eight bytes of length, JSON, then the tensors' bytes without gap or overlap.</summary>
internal static class SafetensorsReader
{
    /// <summary>Room for some hundred thousand tensors.</summary>
    private const long LongestHeader = 32L << 20;
    private const int LengthBytes = 8;
    private const string MetadataKey = "__metadata__";

    internal static WeightSet Read(WeightSource source)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(source.Read(0, LengthBytes));
        if (length > (ulong)(source.Length - LengthBytes))
        {
            throw source.Problem($"claims a header of {length} bytes but has {source.Length}; it is truncated or damaged: copy or download it again.");
        }

        if (length > LongestHeader)
        {
            throw source.Problem($"claims a header of {length} bytes; at most {LongestHeader} are read.");
        }

        try
        {
            using var document = JsonDocument.Parse(source.Read(LengthBytes, (int)length), new JsonDocumentOptions { MaxDepth = 4 });
            return Parse(source, document.RootElement, LengthBytes + (long)length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the second for halves of surrogate pairs
        {
            throw source.Problem($"has a header that is not valid JSON ({FirstSentence(e.Message)}); it is damaged: copy or download it again.");
        }
    }

    private static WeightSet Parse(WeightSource source, JsonElement root, long dataStart)
    {
        List<(WeightEntry Entry, long End)> entries = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw source.Problem($"holds two tensors named '{ZipDirectory.Printable(property.Name)}'; save it with different names.");
            }

            if (property.Name == MetadataKey)
            {
                ReadMetadata(source, property.Value, metadata);
            }
            else
            {
                entries.Add(ParseTensor(source, property.Name, property.Value, dataStart));
            }
        }

        CheckTiling(source, entries, dataStart);
        return new WeightSet(source, [.. entries.Select(entry => entry.Entry)], metadata);
    }

    private static void ReadMetadata(WeightSource source, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw source.Problem($"has metadata that are {Kind(value)}, not texts by name; save it again with texts, or without metadata.");
        }

        foreach (var entry in value.EnumerateObject())
        {
            var name = ZipDirectory.Printable(entry.Name);
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw source.Problem($"has the metadata '{name}' that is {Kind(entry.Value)}, not a text; save it again with str(…) around the value.");
            }

            if (!metadata.TryAdd(entry.Name, entry.Value.GetString()!))
            {
                throw source.Problem($"has the metadata '{name}' twice; save it again with different names.");
            }
        }
    }

    private static (WeightEntry Entry, long End) ParseTensor(WeightSource source, string name, JsonElement value, long dataStart)
    {
        var shown = ZipDirectory.Printable(name);
        var typeName = Part("dtype", JsonValueKind.String, "a text").GetString()!;
        var shape = Numbers("shape");
        var offsets = Numbers("data_offsets");
        var type = WeightTypes.FromSafetensors(typeName)
            ?? throw source.Problem($"stores '{name}' as {typeName}; only F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are read.");
        var stride = StridedLayout.Contiguous(shape);
        var count = StridedLayout.Measure(shape, stride)?.Count;
        if (offsets is not [>= 0, >= 0] || count is null || count > source.Length)
        {
            throw source.Problem($"has an impossible shape or place for '{name}': [{string.Join(", ", shape)}] at [{string.Join(", ", offsets)}].");
        }

        if (offsets[1] - offsets[0] != count * WeightTypes.Size(type))
        {
            throw source.Problem(
                $"gives '{name}' {offsets[1] - offsets[0]} bytes, but {WeightTypes.Describe(type, shape)} takes {count * WeightTypes.Size(type)}.");
        }

        if (offsets[1] > source.Length - dataStart)
        {
            throw source.Problem($"ends before '{name}' does; it is truncated: copy or download it again.");
        }

        return (new WeightEntry(string.Empty, name, type, shape, stride, dataStart + offsets[0]), dataStart + offsets[1]);

        JsonElement Part(string key, JsonValueKind kind, string wanted) =>
            value.ValueKind != JsonValueKind.Object ? throw source.Problem($"describes '{shown}' by {Kind(value)}, not by dtype, shape and data_offsets.")
            : !value.TryGetProperty(key, out var part) ? throw source.Problem($"describes '{shown}' without {key}; it is damaged: copy or download it again.")
            : part.ValueKind != kind ? throw source.Problem($"gives '{shown}' a {key} that is {Kind(part)}, not {wanted}; it is damaged.")
            : part;

        long[] Numbers(string key)
        {
            List<long> numbers = [];
            foreach (var item in Part(key, JsonValueKind.Array, "a list of whole numbers").EnumerateArray())
            {
                numbers.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                    ? number
                    : throw source.Problem(
                        $"gives '{shown}' a {key} with {ZipDirectory.Printable(item.GetRawText())}, no whole number of 64 bits; it is damaged."));
            }

            return [.. numbers];
        }
    }

    /// <summary>What a value is, in words.</summary>
    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => $"the number {ZipDirectory.Printable(value.GetRawText())}",
        JsonValueKind.String => "a text",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };

    private static void CheckTiling(WeightSource source, IReadOnlyList<(WeightEntry Entry, long End)> entries, long dataStart)
    {
        var position = dataStart;
        foreach (var (entry, end) in entries.OrderBy(entry => entry.Entry.Position).ThenBy(entry => entry.End))
        {
            if (entry.Position != position)
            {
                throw source.Problem(entry.Position < position
                    ? $"lets '{entry.Name}' overlap the tensor before it; the header is damaged or forged."
                    : $"has a hole of {entry.Position - position} bytes before '{entry.Name}'; the header is damaged or forged.");
            }

            position = end;
        }

        if (position != source.Length)
        {
            throw source.Problem($"has {source.Length - position} bytes after the last tensor; it is damaged or forged.");
        }
    }

    private static string FirstSentence(string message) => message.Split(". ")[0].TrimEnd('.') + ".";
}
