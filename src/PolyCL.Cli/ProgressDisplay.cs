using System.Diagnostics;
using System.Globalization;
using PolyCL.Core;
using Spectre.Console;

namespace PolyCL.Cli;

/// <summary>Shows the progress of long work on standard error: bars with time left on a terminal, a plain line now and then elsewhere.</summary>
internal static class ProgressDisplay
{
    /// <summary>Runs the work with a sink for its reports; the work stays on the calling thread.</summary>
    public static T Run<T>(bool quiet, Func<IProgress<ProgressReport>, T> work)
    {
        if (quiet)
        {
            return work(new Sink(_ => { }));
        }

        if (Console.IsErrorRedirected)
        {
            var lines = new PlainLines();
            return work(new Sink(lines.Report));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var bars = new Bars(context);
                return work(new Sink(bars.Report));
            });
    }

    private sealed class Sink(Action<ProgressReport> show) : IProgress<ProgressReport>
    {
        private readonly Lock gate = new();

        public void Report(ProgressReport value)
        {
            lock (gate)
            {
                show(value);
            }
        }
    }

    private sealed class Bars(ProgressContext context)
    {
        private readonly Dictionary<string, ProgressTask> bars = [];

        public void Report(ProgressReport report)
        {
            if (!bars.TryGetValue(report.Stage, out var bar))
            {
                bars[report.Stage] = bar = context.AddTask(Markup.Escape(report.Stage), maxValue: Math.Max(1, report.Total));
            }

            bar.Value = report.Done;
            bar.Description = Markup.Escape(report.Detail is { } detail ? $"{report.Stage}: {detail}" : report.Stage);
        }
    }

    /// <summary>A line at the start and the end of a stage, and one about every ten seconds between.</summary>
    private sealed class PlainLines
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
        private readonly Dictionary<string, (Stopwatch Time, TimeSpan Last, long First)> stages = [];

        public void Report(ProgressReport report)
        {
            var known = stages.TryGetValue(report.Stage, out var stage);
            if (!known)
            {
                stage = (Stopwatch.StartNew(), TimeSpan.Zero, report.Done);
            }

            var elapsed = stage.Time.Elapsed;
            if (known && elapsed - stage.Last < Pause && report.Done < report.Total)
            {
                return;
            }

            stages[report.Stage] = stage with { Last = elapsed };
            var done = report.Done - stage.First;
            var left = done > 0 && report.Total > report.Done ? elapsed * ((double)(report.Total - report.Done) / done) : TimeSpan.Zero;
            var time = left > TimeSpan.Zero ? $", {left:hh\\:mm\\:ss} left" : report.Done >= report.Total ? $", took {elapsed:hh\\:mm\\:ss}" : "";
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{report.Stage}: {report.Done}/{report.Total}{time}{(report.Detail is { } detail ? $" ({detail})" : "")}"));
        }
    }
}
