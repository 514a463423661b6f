using System.CommandLine;
using PolyCL.Core;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study show</c>: tables as far as stored runs fill them.</summary>
internal static class StudyShowCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var study = new StudyArguments(run);
        var command = new Command("show", "Show tables from stored runs beside the paper's numbers; trains nothing. With --json: what the other study commands read.");
        study.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var tables = run.Run(parse, (progress, token) =>
            {
                using var opened = study.Open(parse, progress, token);
                return opened.Options.Tables.Select(opened.Table).ToList();
            });
            if (run.Json(parse))
            {
                Console.Out.WriteLine(tables.Count == 1 ? SettingsJson.ToText(tables[0]) : SettingsJson.ToText(tables));
            }
            else
            {
                tables.ForEach(StudyTableReport.Write);
            }

            return 0;
        });
        return command;
    }
}
