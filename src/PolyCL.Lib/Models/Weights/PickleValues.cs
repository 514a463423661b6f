using System.Globalization;
using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>A class or function a pickle names; only those of <see cref="PickleGlobals"/> get this far, and none is ever called.</summary>
internal sealed record PickleGlobal(string FullName);

/// <summary>The storage a tensor's bytes lie in, by its key in the file.</summary>
internal sealed record PickleStorage(string Key, ScalarType Type, long Count)
{
    /// <summary>Element from which a tensor's offset counts.</summary>
    internal long First { get; init; }
}

/// <summary>A tensor as a pickle describes it: a strided view of a storage.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Stride);

/// <summary>Bytes, or an integer too long to be printed, of which only the length is kept: no weight needs them.</summary>
internal sealed record PickleBytes(int Length)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length} bytes");
}

/// <summary>A dictionary in insertion order.</summary>
internal sealed class PickleDictionary
{
    private readonly Dictionary<object, int> index = [];

    internal List<KeyValuePair<object, object?>> Items { get; } = [];

    internal void Set(object key, object? value)
    {
        if (index.TryGetValue(key, out var at))
        {
            Items[at] = new(key, value);
        }
        else
        {
            index.Add(key, Items.Count);
            Items.Add(new(key, value));
        }
    }
}
