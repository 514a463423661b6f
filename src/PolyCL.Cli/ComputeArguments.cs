using System.CommandLine;
using PolyCL.Training;

namespace PolyCL.Cli;

/// <summary>The options that say where a network computes; the threads are those of <see cref="RunArguments"/>.</summary>
internal sealed class ComputeArguments(RunArguments run)
{
    private readonly Option<string> device = new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(device);

    /// <summary>Device and threads.</summary>
    public ComputeOptions Options(ParseResult parse) => new() { Device = parse.GetValue(device)!, Threads = run.Threads(parse) };

    /// <summary>Where stores lie in the folder of results.</summary>
    public static string Stores(string results) => Path.Combine(results, "stores");

    /// <summary>The option that names the folder of run folders.</summary>
    public static Option<string> Results() => new("--results") { Description = "Folder for run folders and slice stores.", DefaultValueFactory = _ => "results" };
}
