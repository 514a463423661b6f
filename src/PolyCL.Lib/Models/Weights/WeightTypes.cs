using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>The number formats of weight files: names, sizes, and which may become which without loss.</summary>
internal static class WeightTypes
{
    private static readonly (ScalarType Type, string Safetensors, string Storage, string Name, int Size)[] Known =
    [
        (ScalarType.Float64, "F64", "DoubleStorage", "float64", 8),
        (ScalarType.Float32, "F32", "FloatStorage", "float32", 4),
        (ScalarType.Float16, "F16", "HalfStorage", "float16", 2),
        (ScalarType.BFloat16, "BF16", "BFloat16Storage", "bfloat16", 2),
        (ScalarType.Int64, "I64", "LongStorage", "int64", 8),
        (ScalarType.Int32, "I32", "IntStorage", "int32", 4),
        (ScalarType.Int16, "I16", "ShortStorage", "int16", 2),
        (ScalarType.Int8, "I8", "CharStorage", "int8", 1),
        (ScalarType.Byte, "U8", "ByteStorage", "uint8", 1),
        (ScalarType.Bool, "BOOL", "BoolStorage", "bool", 1),
    ];

    internal static ScalarType? FromSafetensors(string name) => Find(entry => entry.Safetensors == name)?.Type;

    internal static ScalarType? FromStorage(string name) => Find(entry => entry.Storage == name)?.Type;

    /// <summary>The format's name in a .safetensors header, or null when the file type has none.</summary>
    internal static string? ToSafetensors(ScalarType type) => Find(entry => entry.Type == type)?.Safetensors;

    /// <summary>The format's storage class in PyTorch's pickles, or null when it has none here.</summary>
    internal static string? ToStorage(ScalarType type) => Find(entry => entry.Type == type)?.Storage;

    internal static string Name(ScalarType type) => Find(entry => entry.Type == type)?.Name ?? type.ToString();

    /// <summary>Bytes per element.</summary>
    internal static int Size(ScalarType type) =>
        Find(entry => entry.Type == type)?.Size ?? throw new ArgumentException($"{type} has no place in weight files.", nameof(type));

    internal static string Describe(ScalarType type, IEnumerable<long> shape) => $"{Name(type)} [{string.Join(", ", shape)}]";

    /// <summary>True when every value of one format is a value of the other.</summary>
    internal static bool Widens(ScalarType from, ScalarType to) => (from, to) switch
    {
        _ when from == to => true,
        (ScalarType.Float16 or ScalarType.BFloat16, ScalarType.Float32 or ScalarType.Float64) => true,
        (ScalarType.Float32, ScalarType.Float64) => true,
        (ScalarType.Byte or ScalarType.Int8, ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64) => true,
        (ScalarType.Int16, ScalarType.Int32 or ScalarType.Int64) => true,
        (ScalarType.Int32, ScalarType.Int64) => true,
        _ => false,
    };

    /// <summary>True for floating-point formats, among which narrowing can be allowed.</summary>
    internal static bool IsFloating(ScalarType type) =>
        type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static (ScalarType Type, string Safetensors, string Storage, string Name, int Size)? Find(
        Func<(ScalarType Type, string Safetensors, string Storage, string Name, int Size), bool> fits)
    {
        foreach (var entry in Known)
        {
            if (fits(entry))
            {
                return entry;
            }
        }

        return null;
    }
}
