using System.Globalization;
using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>A <c>dataset.json</c> of the Medical Segmentation Decathlon or of nnU-Net: the parsed list and the names of its labels.</summary>
internal sealed class DatasetList : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string Name = "dataset.json";
    private const long LongestList = 16 << 20;
    private readonly JsonDocument document;

    private DatasetList(string path, JsonDocument document)
    {
        FilePath = path;
        this.document = document;
        Labels = LabelsOf(Root);
    }

    /// <summary>The list's file.</summary>
    public string FilePath { get; }

    /// <summary>The folder to which its names are relative.</summary>
    public string Folder => Path.GetDirectoryName(FilePath)!;

    /// <summary>The JSON object.</summary>
    public JsonElement Root => document.RootElement;

    /// <summary>The labels that have names, each with its values: one, or several for a region.</summary>
    public IReadOnlyList<ListedLabel> Labels { get; }

    /// <summary>The list in a folder or in one of its sub-folders, or null.</summary>
    /// <exception cref="DatasetException">Several sub-folders have one.</exception>
    public static string? Find(string root)
    {
        if (File.Exists(Path.Combine(root, Name)))
        {
            return Path.Combine(root, Name);
        }

        var below = DatasetFolder.Folders(root).Select(folder => Path.Combine(folder, Name)).Where(File.Exists).ToArray();
        return below.Length <= 1
            ? below.FirstOrDefault()
            : throw new DatasetException($"{root}: {below.Length} sub-folders have a {Name}; name the folder of one task.", root);
    }

    /// <summary>Reads a list.</summary>
    /// <exception cref="DatasetException">It is no JSON object, or too large to be a list.</exception>
    public static DatasetList Read(string path)
    {
        if (FileLinks.Problem(path) is { } problem)
        {
            throw new DatasetException($"{path} {problem}.", path);
        }

        if (new FileInfo(path).Length > LongestList)
        {
            throw new DatasetException($"{path}: the list is larger than {LongestList >> 20} MiB; it is no dataset list.", path);
        }

        try
        {
            var bytes = File.ReadAllBytes(path).AsMemory();
            var document = JsonDocument.Parse(bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new DatasetList(path, document) : throw new JsonException("it holds no object");
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{path}: the list is damaged ({e.Message.Split('.')[0]}); download it again.", path, e);
        }
    }

    /// <summary>Whether the list has a key.</summary>
    public bool Has(string key) => Root.TryGetProperty(key, out _);

    /// <summary>The entries of an array; none when the key is absent.</summary>
    /// <exception cref="DatasetException">The value is no array.</exception>
    public IReadOnlyList<JsonElement> Entries(string key) =>
        !Root.TryGetProperty(key, out var entries) ? []
        : entries.ValueKind == JsonValueKind.Array ? [.. entries.EnumerateArray()]
        : throw new DatasetException($"{FilePath}: '{key}' is no list; download the file again.", FilePath);

    /// <summary>A name in an entry: the entry itself, or the field of an object.</summary>
    /// <exception cref="DatasetException">There is no such name.</exception>
    public string Text(JsonElement entry, string field)
    {
        var value = entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(field, out var inner) ? inner : entry;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new DatasetException($"{FilePath}: an entry has no {field} name; download the file again.", FilePath);
    }

    /// <summary>A string, or null where the key is absent or something else.</summary>
    public string? Word(string key) => Root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A whole number, or null where the key is absent or something else.</summary>
    public int? Number(string key) => Root.TryGetProperty(key, out var value) ? WholeOf(value) : null;

    /// <summary>The strings of an object by their keys, such as the channels' names; empty where the key is absent.</summary>
    public IReadOnlyDictionary<string, string> Words(string key) => Root.TryGetProperty(key, out var words) && words.ValueKind == JsonValueKind.Object
        ? words.EnumerateObject().DistinctBy(word => word.Name).ToDictionary(word => word.Name, word => word.Value.ToString())
        : new Dictionary<string, string>();

    /// <inheritdoc/>
    public void Dispose() => document.Dispose();

    /// <summary>Value to name ("1": "liver"), or name to value ("liver": 1, or [1, 2]).</summary>
    private static ListedLabel[] LabelsOf(JsonElement root) => root.TryGetProperty("labels", out var labels) && labels.ValueKind == JsonValueKind.Object
        ? [.. labels.EnumerateObject().Select(LabelOf).OfType<ListedLabel>()]
        : [];

    private static ListedLabel? LabelOf(JsonProperty item)
    {
        if (int.TryParse(item.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return item.Value.ValueKind == JsonValueKind.String ? new ListedLabel(item.Value.GetString()!, [number]) : null;
        }

        int?[] values = item.Value.ValueKind == JsonValueKind.Array ? [.. item.Value.EnumerateArray().Select(WholeOf)] : [WholeOf(item.Value)];
        return values.Length > 0 && values.All(value => value is not null) ? new ListedLabel(item.Name, [.. values.Select(value => value!.Value)]) : null;
    }

    private static int? WholeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt32(out var number) => number,
        JsonValueKind.String when int.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}

/// <summary>A label of a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">Its values in the label maps.</param>
internal sealed record ListedLabel(string Name, IReadOnlyList<int> Values);
