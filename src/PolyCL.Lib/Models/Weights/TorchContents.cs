using System.Globalization;

namespace PolyCL.Models.Weights;

/// <summary>Finds the tensors in what a pickle of PyTorch describes: dictionaries and lists may nest, tensors share storages.</summary>
internal sealed class TorchContents
{
    private const int DeepestNesting = 32, MostValues = 1_000_000, LongestName = 1024, MostMetadata = 10_000;
    private const long MostNameLetters = 1 << 26;

    /// <summary>A tensor may repeat elements (stride 0) up to this many; beyond, only a forged file asks for more than its storage holds.</summary>
    private const long MostRepeated = 1 << 20;

    private readonly WeightSource source;
    private readonly Func<PickleStorage, (long Position, long Size)?> locate;
    private readonly List<WeightEntry> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    private int visited;
    private long nameLetters;

    private TorchContents(WeightSource source, Func<PickleStorage, (long Position, long Size)?> locate)
    {
        this.source = source;
        this.locate = locate;
    }

    /// <summary>The tensors of a pickle's value.</summary>
    /// <param name="source">The file.</param>
    /// <param name="root">What the pickle describes.</param>
    /// <param name="locate">Where a storage's bytes lie in the file, within its length; null when it is not there.</param>
    internal static WeightSet Read(WeightSource source, object? root, Func<PickleStorage, (long Position, long Size)?> locate)
    {
        if (root is not (PickleDictionary or List<object?> or object[]))
        {
            throw source.Problem("holds no dictionary of tensors; save one with torch.save(model.state_dict(), path).");
        }

        var contents = new TorchContents(source, locate);
        contents.Walk(root, string.Empty, string.Empty, 0);
        return new WeightSet(source, contents.entries, contents.metadata);
    }

    /// <summary>Visits what a value holds; a tensor belongs to the dictionary or list it lies in directly.</summary>
    private void Walk(object? value, string section, string name, int depth)
    {
        nameLetters += section.Length + name.Length;
        if (++visited > MostValues || nameLetters > MostNameLetters || depth > DeepestNesting || section.Length + name.Length > LongestName)
        {
            throw source.Problem("nests its contents too deeply, too often or under too long names; save a plain state dictionary.");
        }

        switch (value)
        {
            case PickleTensor tensor:
                entries.Add(Entry(tensor, section, name));
                break;
            case PickleDictionary dictionary:
                WalkAll(dictionary.Items.Select(item => (string.Create(CultureInfo.InvariantCulture, $"{item.Key}"), item.Value)));
                break;
            case IReadOnlyList<object?> items:
                WalkAll(items.Select((item, i) => (Name: i.ToString(CultureInfo.InvariantCulture), Value: item)));
                break;
            case null or PickleStorage:
                break;
            default:
                if (metadata.Count < MostMetadata)
                {
                    metadata[WeightNames.Join(section, name)] = Plain(value);
                }

                break;
        }

        void WalkAll(IEnumerable<(string Name, object? Value)> items)
        {
            var inner = WeightNames.Join(section, name);
            foreach (var item in items)
            {
                Walk(item.Value, inner, item.Name, depth + 1);
            }
        }
    }

    private static string Plain(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        PickleGlobal global => global.FullName,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };

    private WeightEntry Entry(PickleTensor tensor, string section, string name)
    {
        var storage = tensor.Storage;
        var size = WeightTypes.Size(storage.Type);
        var (position, bytes) = locate(storage)
            ?? throw source.Problem(
                $"lacks the storage '{ZipDirectory.Printable(storage.Key)}' of '{ZipDirectory.Printable(name)}'; it is truncated or damaged.");
        if (storage.Count > bytes / size)
        {
            throw source.Problem(
                $"claims {storage.Count} elements in the storage of '{ZipDirectory.Printable(name)}' but holds {bytes / size}; it is truncated or damaged.");
        }

        if (StridedLayout.Measure(tensor.Shape, tensor.Stride) is not var (count, extent)
            || tensor.Offset < 0
            || tensor.Offset > storage.Count - extent
            || count > Math.Max(storage.Count, MostRepeated))
        {
            throw source.Problem(
                $"has an impossible shape for '{ZipDirectory.Printable(name)}': [{string.Join(", ", tensor.Shape)}] with strides "
                + $"[{string.Join(", ", tensor.Stride)}] from {tensor.Offset} in {storage.Count} elements; it is damaged or forged.");
        }

        return new WeightEntry(section, name, storage.Type, tensor.Shape, tensor.Stride, position + (tensor.Offset * size));
    }
}
