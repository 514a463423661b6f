using System.CommandLine;
using PolyCL.Studies;
using PolyCL.Studies.Reports;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study report</c>: tables, comparisons, figures, claims and settings on one page.</summary>
internal static class StudyReportCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var source = new StudyTableSource(run);
        var repeats = ClaimArguments.PaperRepeats();
        var output = new Option<string>("--out") { Description = "Where to write it: .html (one file), or .md with figures beside it.", DefaultValueFactory = _ => "report.html" };
        var command = new Command("report", "Write what a reviewer would ask for: tables, comparisons, figures, claims, settings, environment.") { repeats, output };
        source.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var (tables, options, masks) = source.Read(
                parse, (study, token) => study.Options.Tables.Where(table => StudyProtocol.Of(table).VariesLabels).ToDictionary(table => table, table => study.MasksToShow(table, token)));
            var file = parse.GetValue(output)!;
            new StudyReport
            {
                Tables = tables,
                Options = options,
                Environment = RunEnvironment.Of(new ComputeOptions()),
                PaperRepeats = parse.GetValue(repeats),
                Masks = masks ?? [],
            }.Write(file);
            if (run.Json(parse))
            {
                JsonOutput.Write(new { report = file, tables = tables.Select(table => table.Number) });
            }
            else
            {
                Console.Out.WriteLine(file);
            }

            return 0;
        });
        return command;
    }
}
