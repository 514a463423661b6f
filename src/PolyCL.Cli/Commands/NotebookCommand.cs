using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PolyCL.Core;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl notebook run|install-kernel</c>: notebooks without a front-end, and the kernel for those with one.</summary>
internal static class NotebookCommand
{
    public static Command Create() => new("notebook", "Run notebooks in F#; install their kernel for VS Code and Jupyter.") { Run(), InstallKernel() };

    private static Command Run()
    {
        var file = new Argument<string>("file") { Description = "A notebook in F#: .ipynb." };
        var parameters = new Option<string[]>("-p", "--parameter")
        {
            Description = "A value in place of a default of the cell tagged 'parameters'; may be given often.",
            HelpName = "name=value",
        };
        var output = new Option<string?>("--out") { Description = "Where to write the notebook with its outputs; the notebook itself when left out.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet") { Description = "Show no progress." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("run", "Run all cells; the file is written after each, and the first that fails ends the run.")
        {
            file, parameters, output, quiet, json,
        };
        command.SetAction(parse =>
        {
            List<string> arguments = ["run", parse.GetRequiredValue(file)];
            if (parse.GetValue(output) is { } path)
            {
                arguments.AddRange(["--out", path]);
            }

            if (parse.GetValue(quiet))
            {
                arguments.Add("--quiet");
            }

            arguments.AddRange((parse.GetValue(parameters) ?? []).SelectMany(value => new[] { "-p", value }));
            var (exitCode, text) = KernelProgram.Run(arguments, Console.Error.WriteLine);
            return Report(exitCode, text, parse.GetValue(json));
        });
        return command;
    }

    private static int Report(int exitCode, string text, bool json)
    {
        var result = Parse(text);
        switch (exitCode)
        {
            case Failure.WrongInput:
                return Failure.Report((string)result["message"]!, "notebook", (string?)result["file"], json);
            case Failure.Interrupted:
                Console.Error.WriteLine($"polycl: interrupted after {result["done"]} of {result["cells"]} cells; {result["path"]} holds their outputs.");
                return Failure.Interrupted;
            case Failure.Failed:
                var failure = result["failure"] ?? throw new RunFailedException((string)result["message"]!);
                throw new RunFailedException($"cell {failure["cell"]} of {result["cells"]}: {failure["name"]}: {failure["message"]}");
        }

        if (json)
        {
            JsonOutput.Write(result);
        }
        else
        {
            var seconds = ((double)result["seconds"]!).ToString("F1", CultureInfo.InvariantCulture);
            Console.Out.WriteLine($"{result["cells"]} cells in {seconds} s: {result["path"]}");
        }

        return 0;
    }

    /// <summary>The kernel's answer; a kernel that was killed or crashed gives none.</summary>
    private static JsonObject Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text)!.AsObject();
        }
        catch (JsonException)
        {
            throw new RunFailedException("The notebook kernel ended without an answer; the notebook holds the outputs of the cells that were done.");
        }
    }

    private static Command InstallKernel()
    {
        var name = new Option<string>("--name") { Description = "The kernel's name in notebooks.", DefaultValueFactory = _ => "polycl-fsharp" };
        var folder = new Option<string?>("--user-dir") { Description = "Jupyter's data folder; the user's own when left out.", HelpName = "DIR" };
        var uninstall = new Option<bool>("--uninstall") { Description = "Remove the kernel instead." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("install-kernel", "Make the kernel 'PolyCL (F#)' known to VS Code and Jupyter.") { name, folder, uninstall, json };
        command.SetAction(parse =>
        {
            var removes = parse.GetValue(uninstall);
            var place = removes
                ? KernelSpec.Uninstall(parse.GetValue(name)!, parse.GetValue(folder))
                : KernelSpec.Install(parse.GetValue(name)!, parse.GetValue(folder));
            if (parse.GetValue(json))
            {
                JsonOutput.Write(new { name = parse.GetValue(name), folder = place, installed = !removes });
            }
            else
            {
                Console.Out.WriteLine(removes ? $"removed {place}" : $"installed {place}; choose the kernel \"{KernelSpec.DisplayName}\" in VS Code or Jupyter");
            }

            return 0;
        });
        return command;
    }
}
