using System.Globalization;
using System.Text;

namespace PolyCL.Models.Weights;

/// <summary>Reads PyTorch's zip .pth and .pt: one folder with a pickle that describes tensors, and their storages as plain bytes.</summary>
/// <remarks>Dictionaries and lists may nest; tensors may be strided, offset and share storages, and are read one by one on demand.</remarks>
internal sealed class TorchArchive
{
    private const long LongestPickle = 32L << 20;
    private const int DeepestNesting = 32, MostValues = 1_000_000, LongestName = 1024, MostMetadata = 10_000;
    private const long MostNameLetters = 1 << 26;

    /// <summary>A tensor may repeat elements (stride 0) up to this many; beyond, only a forged file asks for more than its storage holds.</summary>
    private const long MostRepeated = 1 << 20;

    private readonly WeightSource source;
    private readonly ZipDirectory zip;
    private readonly string folder;
    private readonly Dictionary<string, (long Position, long Size)> storages = new(StringComparer.Ordinal);
    private readonly List<WeightEntry> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    private int visited;
    private long nameLetters;

    private TorchArchive(WeightSource source)
    {
        this.source = source;
        zip = ZipDirectory.Read(source);
        folder = FindFolder();
    }

    internal static WeightSet Read(WeightSource source)
    {
        var archive = new TorchArchive(source);
        archive.CheckByteOrder();
        var (position, size) = archive.zip.Locate(archive.folder + "data.pkl")!.Value;
        if (size > LongestPickle)
        {
            throw source.Problem($"has a pickle of {size} bytes; at most {LongestPickle} are read.");
        }

        var root = PickleMachine.Run(source, source.Read(position, (int)size));
        if (root is not (PickleDictionary or List<object?> or object[]))
        {
            throw source.Problem("holds no dictionary of tensors; save one with torch.save(model.state_dict(), path).");
        }

        archive.Walk(root, string.Empty, string.Empty, 0);
        return new WeightSet(source, archive.entries, archive.metadata);
    }

    private string FindFolder()
    {
        var pickles = zip.Names.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal) && name.IndexOf('/') == name.LastIndexOf('/')).ToList();
        if (pickles.Count != 1)
        {
            throw source.Problem("is a zip file but not one of torch.save (no data.pkl in a folder of its own); give the file PyTorch wrote.");
        }

        var found = pickles[0][..^"data.pkl".Length];
        return zip.Names.Contains(found + "constants.pkl")
            ? throw source.Problem("is a TorchScript program, not weights; save its state dictionary in PyTorch: torch.save(model.state_dict(), path).")
            : found;
    }

    private void CheckByteOrder()
    {
        if (zip.Locate(folder + "byteorder") is not var (position, size))
        {
            return;
        }

        var order = Encoding.ASCII.GetString(source.Read(position, (int)Math.Min(size, 16)));
        if (order != "little")
        {
            throw source.Problem($"was written in '{ZipDirectory.Printable(order)}' byte order; only little is read. Save it again on a little-endian machine.");
        }
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
        var (position, bytes) = Locate(storage, name);
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

    private (long Position, long Size) Locate(PickleStorage storage, string name)
    {
        if (!storages.TryGetValue(storage.Key, out var place))
        {
            place = zip.Locate($"{folder}data/{storage.Key}")
                ?? throw source.Problem(
                    $"lacks the storage '{ZipDirectory.Printable(storage.Key)}' of '{ZipDirectory.Printable(name)}'; it is truncated or damaged.");
            storages.Add(storage.Key, place);
        }

        return place;
    }
}
