using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PolyCL.Core;

/// <summary>How settings and results are written as JSON: snake_case names, enumerations as words, properties in declared order.</summary>
/// <remarks>The compact text of a settings record is canonical: equal records give equal text, so it may be hashed.</remarks>
public static class SettingsJson
{
    private static readonly JsonSerializerOptions Compact = Options(indented: false);
    private static readonly JsonSerializerOptions Indented = Options(indented: true);

    /// <summary>One line.</summary>
    public static string ToLine<T>(T value) => JsonSerializer.Serialize(value, Compact);

    /// <summary>Indented, for files that people read.</summary>
    public static string ToText<T>(T value) => JsonSerializer.Serialize(value, Indented);

    /// <summary>Reads a value back; every property is checked by its own <c>init</c>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">Where the text comes from, for the message.</param>
    /// <exception cref="RunStateException">The text is not what it should be.</exception>
    public static T Read<T>(string json, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Compact)
                ?? throw new RunStateException($"{file}: the JSON is empty; remove the file and run again.", file);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException)
        {
            throw new RunStateException($"{file}: not the JSON of a {typeof(T).Name}: {e.Message.Split('\n')[0]} Remove the file or mend it.", file, e);
        }
    }

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        WriteIndented = indented,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
