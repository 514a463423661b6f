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
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw source.Problem($"has a header that is not valid JSON of the expected form: {FirstSentence(e.Message)}");
        }
    }

    private static WeightSet Parse(WeightSource source, JsonElement root, long dataStart)
    {
        List<(WeightEntry Entry, long End)> entries = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == MetadataKey)
            {
                foreach (var text in property.Value.EnumerateObject())
                {
                    metadata[text.Name] = text.Value.GetString() ?? throw source.Problem($"has a metadata value '{text.Name}' that is no text.");
                }
            }
            else
            {
                entries.Add(ParseTensor(source, property.Name, property.Value, dataStart));
            }
        }

        CheckTiling(source, entries, dataStart);
        return new WeightSet(source, [.. entries.Select(entry => entry.Entry)], metadata);
    }

    private static (WeightEntry Entry, long End) ParseTensor(WeightSource source, string name, JsonElement value, long dataStart)
    {
        var typeName = value.GetProperty("dtype"u8).GetString() ?? string.Empty;
        var type = WeightTypes.FromSafetensors(typeName)
            ?? throw source.Problem($"stores '{name}' as {typeName}; only F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are read.");
        long[] shape = [.. value.GetProperty("shape"u8).EnumerateArray().Select(size => size.GetInt64())];
        long[] offsets = [.. value.GetProperty("data_offsets"u8).EnumerateArray().Select(offset => offset.GetInt64())];
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
    }

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
