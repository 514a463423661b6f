using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>Writes a state dictionary as PyTorch's zip .pth, which <c>torch.load</c> reads with <c>weights_only</c>; the same bytes for the same content.</summary>
/// <remarks>One storage per tensor, uncompressed; the pickle (protocol 2) holds a dictionary of tensors and nothing else.</remarks>
internal static class TorchArchiveWriter
{
    private const string Folder = "archive/";
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach (var (name, tensor) in tensors)
        {
            if (WeightTypes.ToStorage(tensor.dtype) is null)
            {
                throw new ArgumentException($"'{name}' of format {tensor.dtype} cannot be written as .pth.", nameof(tensors));
            }
        }

        var ordered = tensors.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        AtomicFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(zip, "data.pkl", entry => entry.Write(Pickle(ordered)));
            Add(zip, "byteorder", entry => entry.Write("little"u8));
            for (var i = 0; i < ordered.Count; i++)
            {
                var tensor = ordered[i].Value;
                Add(zip, $"data/{i}", entry => SafetensorsWriter.WriteTensor(entry, tensor));
            }

            Add(zip, "version", entry => entry.Write("3\n"u8));
        });
    }

    private static void Add(ZipArchive zip, string name, Action<Stream> write)
    {
        var entry = zip.CreateEntry(Folder + name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        write(stream);
    }

    private static byte[] Pickle(List<KeyValuePair<string, Tensor>> ordered)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2, (byte)'}', (byte)'(']);                   // protocol 2, empty dictionary, mark
        for (var i = 0; i < ordered.Count; i++)
        {
            Text(pickle, ordered[i].Key);
            TensorCall(pickle, ordered[i].Value, $"{i}");
        }

        pickle.Write("u."u8);                                            // set the items since the mark, stop
        return pickle.ToArray();
    }

    /// <summary>torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks).</summary>
    private static void TensorCall(MemoryStream pickle, Tensor tensor, string key)
    {
        Name(pickle, "torch._utils", "_rebuild_tensor_v2");
        pickle.WriteByte((byte)'(');
        pickle.WriteByte((byte)'(');                                     // the storage: ('storage', type, key, device, elements)
        Text(pickle, "storage");
        Name(pickle, "torch", WeightTypes.ToStorage(tensor.dtype)!);
        Text(pickle, key);
        Text(pickle, "cpu");
        Number(pickle, tensor.numel());
        pickle.Write("tQ"u8);
        Number(pickle, 0);
        var shape = tensor.shape;
        var stride = new long[shape.Length];
        for (var (i, step) = (shape.Length - 1, 1L); i >= 0; step *= shape[i], i--)
        {
            stride[i] = step;
        }

        Numbers(pickle, shape);
        Numbers(pickle, stride);
        pickle.WriteByte(0x89);                                          // False: no gradient
        Name(pickle, "collections", "OrderedDict");
        pickle.Write(")RtR"u8);                                          // its empty call; end of the arguments; the call
    }

    private static void Name(MemoryStream pickle, string module, string name) => pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private static void Text(MemoryStream pickle, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        pickle.WriteByte((byte)'X');
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        pickle.Write(length);
        pickle.Write(bytes);
    }

    private static void Numbers(MemoryStream pickle, long[] numbers)
    {
        pickle.WriteByte((byte)'(');
        foreach (var number in numbers)
        {
            Number(pickle, number);
        }

        pickle.WriteByte((byte)'t');
    }

    private static void Number(MemoryStream pickle, long number)
    {
        pickle.WriteByte((byte)'J');
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, checked((int)number));
        pickle.Write(bytes);
    }
}
