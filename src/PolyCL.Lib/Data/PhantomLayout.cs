using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>A folder of generated scans: the manifest names the layout, that layout is read.</summary>
internal static class PhantomLayout
{
    private const string ManifestName = "phantom.json";
    private static readonly string[] Facts = ["site", "seed", "generator_version"];

    public static bool Fits(string root) => File.Exists(Path.Combine(root, ManifestName));

    public static Dataset Read(string root, DatasetOptions options)
    {
        var path = Path.Combine(root, ManifestName);
        if (!File.Exists(path))
        {
            throw new DatasetException($"{root}: there is no {ManifestName}; a phantom dataset is written by 'polycl phantom'.", root);
        }

        using var manifest = Parse(path);
        var dataset = Layout(Text(manifest.RootElement, "layout")) switch
        {
            DatasetKind.Lits => LitsLayout.Read(root, options),
            DatasetKind.TotalSegmentator => TotalSegmentatorLayout.Read(root, options),
            DatasetKind.Msd => MsdLayout.Read(root, options),
            DatasetKind.Folder => FolderLayout.Read(root, options),
            _ when MsdLayout.Fits(root) => MsdLayout.Read(root, options),
            _ when TotalSegmentatorLayout.Fits(root) => TotalSegmentatorLayout.Read(root, options),
            _ when LitsLayout.Fits(root) => LitsLayout.Read(root, options),
            _ => FolderLayout.Read(root, options),
        };
        var facts = Facts
            .Select(key => (Key: key, Value: Text(manifest.RootElement, key)))
            .Where(fact => fact.Value is not null)
            .Select(fact => $"{fact.Key.Replace('_', ' ')} {fact.Value}");
        return dataset with { Kind = DatasetKind.Phantom, Description = $"phantom, {string.Join(", ", facts)}".TrimEnd(',', ' ') };
    }

    private static DatasetKind? Layout(string? name) => name?.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() switch
    {
        "LITS" => DatasetKind.Lits,
        "TOTALSEGMENTATOR" or "TOTALSEG" => DatasetKind.TotalSegmentator,
        "MSD" => DatasetKind.Msd,
        "FOLDER" => DatasetKind.Folder,
        _ => null,
    };

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllText(path));
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{path}: the manifest is damaged ({e.Message.Split('.')[0]}); write the phantom again.", path, e);
        }
    }

    private static string? Text(JsonElement root, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? value.ToString()
            : null;
}
