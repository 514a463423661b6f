using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>The few names a weight file's pickle may use, and what applying them means here. Nothing is looked up or called by name.</summary>
internal static class PickleGlobals
{
    private const string StoragePrefix = "torch.";

    private static readonly HashSet<string> Constants = new(StringComparer.Ordinal)
    {
        "torch.float64", "torch.float32", "torch.float16", "torch.bfloat16",
        "torch.int64", "torch.int32", "torch.int16", "torch.int8", "torch.uint8", "torch.bool",
    };

    private static readonly Dictionary<string, Func<object?[], object?>> Functions = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = Dictionary,
        ["torch.Size"] = arguments => arguments is [object[] sizes] ? sizes : null,
        ["torch.device"] = arguments => arguments is [string { Length: < 32 } kind, ..] ? kind : null,
        ["torch._utils._rebuild_tensor"] = arguments => arguments is [_, _, _, _] ? Tensor(arguments) : null,
        ["torch._utils._rebuild_tensor_v2"] = arguments => arguments is [_, _, _, _, _, _, ..] ? Tensor(arguments) : null,
        ["torch._utils._rebuild_parameter"] = arguments => arguments is [PickleTensor tensor, ..] ? tensor : null,
        ["torch._utils._rebuild_parameter_with_state"] = arguments => arguments is [PickleTensor tensor, ..] ? tensor : null,
        ["builtins.set"] = Items,
        ["__builtin__.set"] = Items,
        ["builtins.frozenset"] = Items,
        ["__builtin__.frozenset"] = Items,
        ["_codecs.encode"] = arguments => arguments is [string text, string { Length: < 32 }] ? new PickleBytes(text.Length) : null,
        ["__builtin__.bytes"] = Bytes,
        ["builtins.bytes"] = Bytes,
        ["__builtin__.bytearray"] = Bytes,
        ["builtins.bytearray"] = Bytes,
    };

    /// <summary>True for a name of the list.</summary>
    internal static bool Knows(string name) => Functions.ContainsKey(name) || Constants.Contains(name) || StorageType(name) is not null;

    /// <summary>The number format of a <c>torch.…Storage</c> class, or null.</summary>
    internal static ScalarType? StorageType(string name) =>
        name.StartsWith(StoragePrefix, StringComparison.Ordinal) ? WeightTypes.FromStorage(name[StoragePrefix.Length..]) : null;

    /// <summary>The value a name applied to arguments stands for, or null when they do not suit it.</summary>
    internal static object? Apply(string name, object?[] arguments) => Functions.TryGetValue(name, out var function) ? function(arguments) : null;

    private static PickleDictionary? Dictionary(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments is [])
        {
            return dictionary;
        }

        if (arguments is not [List<object?> pairs])
        {
            return null;
        }

        foreach (var pair in pairs)
        {
            if (pair is not (IReadOnlyList<object?> and [{ } key, var value]) || !PickleMachine.IsKey(key))
            {
                return null;
            }

            dictionary.Set(key, value);
        }

        return dictionary;
    }

    private static List<object?>? Items(object?[] arguments) => arguments is [List<object?> items] ? items : arguments is [] ? [] : null;

    /// <summary>Bytes as protocol 2 writes them: empty, as text with its encoding, or a copy of others.</summary>
    private static PickleBytes? Bytes(object?[] arguments) => arguments switch
    {
        [] => new PickleBytes(0),
        [string text, string] => new PickleBytes(text.Length),
        [PickleBytes bytes] => bytes,
        _ => null,
    };

    private static PickleTensor? Tensor(object?[] arguments) =>
        arguments is [PickleStorage storage, long offset, object[] shape, object[] stride, ..]
            && shape.Length <= StridedLayout.MostDimensions && stride.Length == shape.Length && shape.All(IsNumber) && stride.All(IsNumber)
            ? new PickleTensor(storage, offset < 0 ? offset : unchecked(storage.First + offset), [.. shape.Cast<long>()], [.. stride.Cast<long>()])
            : null;

    private static bool IsNumber(object? value) => value is long;
}
