using System.CommandLine;
using System.Text.Json;

namespace PolyCL.Cli;

/// <summary>Reports wrong input: one sentence on standard error, or the fixed JSON shape with <c>--json</c>; exit code 2.</summary>
internal static class Failure
{
    public const int WrongInput = 2;
    public const int Failed = 1;
    public const int Interrupted = 130;

    /// <summary>The state is saved because time is up: go on later (EX_TEMPFAIL of sysexits.h).</summary>
    public const int TimeUp = 75;

    public static int Report(ParseResult result, string message) =>
        Report(message, "arguments", null, result.Tokens.Any(token => token.Value == "--json"));

    public static int Report(string message, string code, string? file, bool json)
    {
        Console.Error.WriteLine(json
            ? JsonSerializer.Serialize(new { error = new { code, message, file } }, JsonOutput.Compact)
            : $"polycl: {message}");
        return WrongInput;
    }
}
