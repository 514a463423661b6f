using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>Medical Segmentation Decathlon: <c>dataset.json</c> is the list; the folders are not searched.</summary>
internal static class MsdLayout
{
    private const string ListName = "dataset.json";
    private const long LongestList = 16 << 20;

    public static bool Fits(string root) => FindList(root) is not null;

    public static Dataset Read(string root, DatasetOptions options)
    {
        var list = FindList(root)
            ?? throw new DatasetException($"{root}: there is no {ListName}, here or one folder below; name the task's folder, such as Task03_Liver.", root);
        using var document = Parse(list);
        var warnings = new List<string>();
        var scans = new List<ScanRecord>();
        foreach (var entry in Entries(document.RootElement, "training", list))
        {
            Add(scans, warnings, list, Text(entry, "image", list), entry.ValueKind == JsonValueKind.Object ? Text(entry, "label", list) : null, "training");
        }

        foreach (var entry in Entries(document.RootElement, "test", list))
        {
            Add(scans, warnings, list, Text(entry, "image", list), null, "test");
        }

        var unlisted = Unlisted(list, scans);
        if (unlisted.Length > 0)
        {
            warnings.Add($"{DatasetFolder.Listed([.. unlisted.Select(path => Path.GetFileName(path))], "is", "are")} not in {ListName} and left out.");
        }

        CheckOrgan(document.RootElement, options, warnings);
        return DatasetFolder.Assemble(DatasetKind.Msd, root, options, scans, warnings, $"{list} lists no file that is there.", "its file is missing, or it is listed under test");
    }

    private static void Add(List<ScanRecord> scans, List<string> warnings, string list, string imageName, string? labelName, string subset)
    {
        var folder = Path.GetDirectoryName(list)!;
        var image = DatasetFolder.Inside(folder, imageName, list);
        var label = labelName is null ? null : DatasetFolder.Inside(folder, labelName, list);
        var id = DatasetFolder.Stem(image) ?? throw new DatasetException($"{list}: '{imageName}' is no NIfTI file name; correct the list.", list);
        if (id.StartsWith('.'))
        {
            return;
        }

        if (!File.Exists(image))
        {
            warnings.Add($"{id} is listed, but {imageName} is missing; it is left out.");
            return;
        }

        if (label is not null && !File.Exists(label))
        {
            label = null;
        }

        scans.Add(new ScanRecord { Id = id, ImagePath = image, LabelPath = label, Subset = subset });
    }

    private static string[] Unlisted(string list, List<ScanRecord> scans)
    {
        var listed = scans.Select(scan => scan.ImagePath).ToHashSet(StringComparer.Ordinal);
        return [.. listed.Select(path => Path.GetDirectoryName(path)!).Distinct().SelectMany(folder => DatasetFolder.Scans(folder))
            .Where(path => !listed.Contains(path) && Path.GetDirectoryName(path) != Path.GetDirectoryName(list))];
    }

    /// <summary>Warns when the list names its labels and the organ is none of them.</summary>
    private static void CheckOrgan(JsonElement root, DatasetOptions options, List<string> warnings)
    {
        if (options.OrganClass is not null || !root.TryGetProperty("labels", out var labels) || labels.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var names = labels.EnumerateObject().SelectMany(item => new[] { item.Name, item.Value.ToString() })
            .Where(name => name.Length > 0 && !name.All(char.IsAsciiDigit)).ToArray();
        if (names.Length > 0 && !names.Contains(options.Organ, StringComparer.OrdinalIgnoreCase))
        {
            warnings.Add($"{ListName} names no label '{options.Organ}' but {string.Join(", ", names)}; every value above 0 counts as the organ.");
        }
    }

    private static string? FindList(string root)
    {
        if (File.Exists(Path.Combine(root, ListName)))
        {
            return Path.Combine(root, ListName);
        }

        var below = DatasetFolder.Folders(root).Select(folder => Path.Combine(folder, ListName)).Where(File.Exists).ToArray();
        return below.Length <= 1
            ? below.FirstOrDefault()
            : throw new DatasetException($"{root}: {below.Length} sub-folders have a {ListName}; name the folder of one task.", root);
    }

    private static JsonDocument Parse(string list)
    {
        if (new FileInfo(list).Length > LongestList)
        {
            throw new DatasetException($"{list}: the list is larger than {LongestList >> 20} MiB; it is no dataset list.", list);
        }

        try
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(list).AsMemory().TrimBom());
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new JsonException("it holds no object");
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{list}: the list is damaged ({e.Message.Split('.')[0]}); download it again.", list, e);
        }
    }

    private static ReadOnlyMemory<byte> TrimBom(this Memory<byte> bytes) => bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;

    private static JsonElement[] Entries(JsonElement root, string name, string list) =>
        !root.TryGetProperty(name, out var entries) ? []
        : entries.ValueKind == JsonValueKind.Array ? [.. entries.EnumerateArray()]
        : throw new DatasetException($"{list}: '{name}' is no list; download the file again.", list);

    /// <summary>An entry is a name, or an object with image and label.</summary>
    private static string Text(JsonElement entry, string field, string list)
    {
        var value = entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(field, out var inner) ? inner : entry;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new DatasetException($"{list}: an entry has no {field} name; download the file again.", list);
    }
}
