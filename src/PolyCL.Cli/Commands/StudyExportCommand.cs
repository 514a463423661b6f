using System.CommandLine;
using PolyCL.Core;
using PolyCL.Studies;
using PolyCL.Studies.Exports;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study export</c>: a study's tables as Markdown, CSV, LaTeX or JSON.</summary>
internal static class StudyExportCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var source = new StudyTableSource(run);
        var format = TrainingArguments.Words("--format", "md, csv, latex or json.", "md", "md", "csv", "latex", "json");
        var metrics = new Option<string?>("--metrics")
        {
            Description = "Families (paper_code, volume, slice) or metrics by name, parted by commas; those that the paper prints in the table unless given; JSON holds all.",
        };
        var output = new Option<string?>("--out") { Description = "Write to this file instead of standard output." };
        var command = new Command("export", "Write tables: the paper's number, ours, the difference and p against its baseline.") { format, metrics, output };
        source.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var text = StudyExport.Text(source.Read(parse).Tables, run.Json(parse) ? ExportFormat.Json : FormatOf(parse.GetValue(format)!), parse.GetValue(metrics) is { } names ? StudyMetric.Of(names) : null);
            if (parse.GetValue(output) is { } file)
            {
                AtomicFile.WriteText(file, text);
            }
            else
            {
                Console.Out.Write(text);
            }

            return 0;
        });
        return command;
    }

    private static ExportFormat FormatOf(string word) => word switch
    {
        "csv" => ExportFormat.Csv,
        "latex" => ExportFormat.Latex,
        "json" => ExportFormat.Json,
        _ => ExportFormat.Markdown,
    };
}
