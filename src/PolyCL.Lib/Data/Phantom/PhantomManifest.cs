using System.Text.Encodings.Web;
using System.Text.Json;
using PolyCL.Core;

namespace PolyCL.Data.Phantom;

/// <summary>The file <c>phantom.json</c>: what a phantom folder holds and from which options it came.</summary>
internal static class PhantomManifest
{
    public const string FileName = "phantom.json";
    private const string PartialName = "phantom.partial.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public sealed record Entry(string Id, string Image, string Label, string Phase, string Orientation, int[] Shape, int Lesions);

    private sealed record Content(
        string Site, long Seed, int Scans, string Layout, int GeneratorVersion, int Matrix, int? Slices, IReadOnlyList<Entry>? Files);

    /// <summary>Makes the folder ready; false when it already holds the whole phantom of these options.</summary>
    public static bool Begin(PhantomOptions options, string folder)
    {
        var wanted = Describe(options, null);
        var whole = Path.Combine(folder, FileName);
        var partial = Path.Combine(folder, PartialName);
        if (File.Exists(whole))
        {
            return !Same(whole, wanted)
                ? throw new DatasetException($"{folder} holds a phantom made with other options; give another folder, or remove this one.", whole)
                : false;
        }

        if (!File.Exists(partial) && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new DatasetException($"{folder} is not empty; give a new or an empty folder.", folder);
        }

        if (File.Exists(partial) && !Same(partial, wanted))
        {
            throw new DatasetException($"{folder} holds a part of a phantom made with other options; give another folder, or remove this one.", partial);
        }

        WriteJson(partial, wanted);
        return true;
    }

    public static void Finish(PhantomOptions options, IReadOnlyList<Entry> files, string folder)
    {
        WriteJson(Path.Combine(folder, FileName), Describe(options, files));
        File.Delete(Path.Combine(folder, PartialName));
    }

    public static void WriteJson<T>(string path, T value) => AtomicFile.WriteText(path, JsonSerializer.Serialize(value, Json) + "\n");

    private static Content Describe(PhantomOptions options, IReadOnlyList<Entry>? files) => new(
        options.Site.ToString(),
        options.Seed,
        options.Scans,
        options.LayoutOrDefault.ToString().ToLowerInvariant(),
        PhantomGenerator.Version,
        options.Matrix,
        options.Slices,
        files);

    private static bool Same(string path, Content wanted)
    {
        try
        {
            return JsonSerializer.Deserialize<Content>(File.ReadAllText(path), Json) is { } found && found with { Files = null } == wanted;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
