using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PolyCL.Cli;

/// <summary>How the command line writes JSON.</summary>
internal static class JsonOutput
{
    /// <summary>One line; for errors and logs.</summary>
    public static readonly JsonSerializerOptions Compact = Options(indented: false);

    /// <summary>Indented; for results on standard output.</summary>
    public static readonly JsonSerializerOptions Indented = Options(indented: true);

    /// <summary>Writes a value to standard output as indented JSON. Numbers that are not finite appear as strings ("NaN", "Infinity").</summary>
    public static void Write<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Indented));

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        WriteIndented = indented,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
