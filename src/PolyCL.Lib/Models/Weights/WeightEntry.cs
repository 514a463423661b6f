using static TorchSharp.torch;

namespace PolyCL.Models.Weights;

/// <summary>One tensor of a weight file: what it is called, what it holds, and where its bytes lie.</summary>
public sealed record WeightEntry
{
    internal WeightEntry(string section, string name, ScalarType type, long[] shape, long[] stride, long position)
    {
        Section = section;
        Name = name;
        Type = type;
        Shape = shape;
        Stride = stride;
        Position = position;
    }

    /// <summary>Path of the dictionary in the file that holds the tensor, such as <c>state_dict</c>; empty for the outermost.</summary>
    public string Section { get; }

    /// <summary>Name within its dictionary, such as <c>encoder.fc.weight</c>.</summary>
    public string Name { get; }

    /// <summary>Section and name joined by a dot: unique in the file.</summary>
    public string FullName => WeightNames.Join(Section, Name);

    /// <summary>Number format in the file.</summary>
    public ScalarType Type { get; }

    /// <summary>Sizes of the dimensions; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Distance, in elements, between neighbours along each dimension; as in the file, so not always contiguous.</summary>
    internal IReadOnlyList<long> Stride { get; }

    /// <summary>Position of the first element in the file, in bytes.</summary>
    internal long Position { get; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Bytes the tensor takes in memory.</summary>
    public long ByteCount => Count * WeightTypes.Size(Type);

    /// <summary>Number format and shape for messages, such as <c>float32 [16, 1, 3, 3]</c>.</summary>
    public override string ToString() => WeightTypes.Describe(Type, Shape);
}
