using System.CommandLine;
using System.Runtime.InteropServices;
using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>The options of every command that takes a while: <c>--json</c>, <c>--quiet</c>, <c>--threads</c>; and its run with progress and interruption.</summary>
internal sealed class RunArguments
{
    private readonly Option<bool> json = new("--json") { Description = "Print one JSON object." };
    private readonly Option<bool> quiet = new("--quiet") { Description = "Show no progress." };
    private readonly Option<int> threads = new("--threads") { Description = "CPU threads, and scans worked on at once; 0 for one per core.", HelpName = "N" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(json);
        command.Options.Add(quiet);
        command.Options.Add(threads);
    }

    /// <summary>Whether JSON is asked for.</summary>
    public bool Json(ParseResult parse) => parse.GetValue(json);

    /// <summary>Threads, 0 for one per core.</summary>
    public int Threads(ParseResult parse) => Check.NotNegative(parse.GetValue(threads), "--threads");

    /// <summary>Runs the work with a sink for its progress; Ctrl-C and SIGTERM ask it to stop after the present step.</summary>
    public T Run<T>(ParseResult parse, Func<IProgress<ProgressReport>, CancellationToken, T> work)
    {
        using var source = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return ProgressDisplay.Run(parse.GetValue(quiet), progress => work(progress, source.Token));

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            source.Cancel();
        }
    }
}
