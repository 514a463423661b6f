using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>Shows progress on standard error: one changing line on a terminal, a line per tenth elsewhere; nothing when quiet.</summary>
internal sealed class ProgressLine(bool quiet) : IProgress<ProgressReport>
{
    private readonly bool terminal = !Console.IsErrorRedirected;
    private long lastTenth = -1;
    private int lastLength;

    public void Report(ProgressReport value)
    {
        if (quiet)
        {
            return;
        }

        var text = $"{value.Stage}: {(value.Total > 0 ? $"{value.Done} of {value.Total}" : $"{value.Done}")}{(value.Detail is null ? "" : $", {value.Detail}")}";
        if (terminal)
        {
            Console.Error.Write($"\r{text.PadRight(lastLength)}");
            lastLength = text.Length;
            if (value.Total > 0 && value.Done >= value.Total)
            {
                Console.Error.WriteLine();
                lastLength = 0;
            }

            return;
        }

        var tenth = value.Total > 0 ? value.Done * 10 / value.Total : value.Done;
        if (tenth != lastTenth && value.Done > 0)
        {
            Console.Error.WriteLine(text);
            lastTenth = tenth;
        }
    }
}
