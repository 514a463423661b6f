using System.CommandLine;

namespace PolyCL.Cli;

/// <summary>The options of every command that takes a while: <c>--json</c>, <c>--quiet</c>, <c>--threads</c>.</summary>
internal sealed class RunArguments
{
    private readonly Option<bool> json = new("--json") { Description = "Print one JSON object." };
    private readonly Option<bool> quiet = new("--quiet") { Description = "Show no progress." };
    private readonly Option<int> threads = new("--threads") { Description = "Scans worked on at once; 0 for one per core.", HelpName = "N" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(json);
        command.Options.Add(quiet);
        command.Options.Add(threads);
    }

    /// <summary>Whether JSON is asked for.</summary>
    public bool Json(ParseResult parse) => parse.GetValue(json);

    /// <summary>Whether only results are asked for.</summary>
    public bool Quiet(ParseResult parse) => parse.GetValue(quiet);

    /// <summary>Scans at once, 0 for one per core.</summary>
    public int Workers(ParseResult parse) => Core.Check.NotNegative(parse.GetValue(threads), "--threads");

    /// <summary>Where progress goes.</summary>
    public ProgressLine Progress(ParseResult parse) => new(Quiet(parse));
}
