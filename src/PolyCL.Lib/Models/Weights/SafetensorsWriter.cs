using System.Buffers.Binary;
using System.Text.Json;
using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>Writes .safetensors deterministically: wide formats first, then by name, so that every tensor is aligned to its element.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const long ChunkElements = 1 << 24;

    internal static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, tensor) in tensors)
        {
            if (name == "__metadata__" || WeightTypes.ToSafetensors(tensor.dtype) is null)
            {
                throw new ArgumentException($"'{name}' of format {tensor.dtype} cannot be written as .safetensors.", nameof(tensors));
            }
        }

        var ordered = tensors.OrderByDescending(entry => WeightTypes.Size(entry.Value.dtype)).ThenBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        var header = Header(ordered, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (_, tensor) in ordered)
            {
                WriteTensor(stream, tensor);
            }
        });
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> ordered, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long position = 0;
            foreach (var (name, tensor) in ordered)
            {
                var end = position + (tensor.numel() * WeightTypes.Size(tensor.dtype));
                json.WriteStartObject(name);
                json.WriteString("dtype", WeightTypes.ToSafetensors(tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                WriteNumbers(json, "data_offsets", [position, end]);
                json.WriteEndObject();
                position = end;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a tensor's elements row by row, little endian.</summary>
    internal static void WriteTensor(Stream stream, Tensor tensor)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        for (long start = 0; start < flat.shape[0]; start += ChunkElements)
        {
            using var part = flat.narrow(0, start, Math.Min(ChunkElements, flat.shape[0] - start));
            stream.Write(part.bytes);
        }
    }
}
