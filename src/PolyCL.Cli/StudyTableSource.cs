using System.CommandLine;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>Where a command takes its tables from: files given by <c>--runs</c>, else the stored runs of the study that the options name.</summary>
internal sealed class StudyTableSource
{
    private readonly Option<string[]> runs = new("--runs") { Description = "Take the tables from these files (study show --json) and ignore the options of the study; may be repeated.", HelpName = "FILE" };
    private readonly RunArguments run;
    private readonly StudyArguments study;

    /// <summary>Creates the options; progress and threads are those of <paramref name="run"/>.</summary>
    public StudyTableSource(RunArguments run) => (this.run, study) = (run, new StudyArguments(run));

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(runs);
        study.AddTo(command);
    }

    /// <summary>The tables, by number, with the settings they were made with where these are known.</summary>
    public (IReadOnlyList<StudyTable> Tables, StudyOptions? Options) Read(ParseResult parse)
    {
        var (tables, options, _) = Read(parse, (_, _) => 0);
        return (tables, options);
    }

    /// <summary>The same, with what else is read from the study while it is open; nothing from files.</summary>
    public (IReadOnlyList<StudyTable> Tables, StudyOptions? Options, T? More) Read<T>(ParseResult parse, Func<Study, CancellationToken, T> more)
    {
        if (parse.GetValue(runs) is { Length: > 0 } files)
        {
            return ([.. StudyTableFile.ReadAll(files).Values], null, default);
        }

        return run.Run<(IReadOnlyList<StudyTable>, StudyOptions?, T?)>(parse, (progress, token) =>
        {
            using var opened = study.Open(parse, progress, token);
            return ([.. opened.Options.Tables.Select(opened.Table)], opened.Options, more(opened, token));
        });
    }
}
