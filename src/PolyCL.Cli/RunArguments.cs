using System.CommandLine;
using System.Runtime.InteropServices;
using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>The options of every command that takes a while: <c>--json</c>, <c>--quiet</c>, <c>--threads</c>; and its run with progress and interruption.</summary>
internal sealed class RunArguments
{
    // .NET names no SIGUSR1, but takes the system's own number.
    private static readonly PosixSignal TimeUp = (PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10);

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

    /// <summary>Runs the work with a sink for its progress; Ctrl-C, SIGTERM and SIGUSR1 ask it to stop after the present step.</summary>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    /// <exception cref="TimeUpException">It was asked by SIGUSR1, which batch systems send before the time limit.</exception>
    public T Run<T>(ParseResult parse, Func<IProgress<ProgressReport>, CancellationToken, T> work)
    {
        PosixSignal? first = null;
        using var source = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var limit = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(TimeUp, Stop);
        try
        {
            return ProgressDisplay.Run(parse.GetValue(quiet), progress => work(progress, source.Token));
        }
        catch (OperationCanceledException e) when (first == TimeUp)
        {
            throw new TimeUpException(e);
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            first ??= context.Signal;
            source.Cancel();
        }
    }
}
