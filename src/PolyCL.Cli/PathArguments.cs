using System.CommandLine;
using System.CommandLine.Parsing;
using PolyCL.Core;

namespace PolyCL.Cli;

/// <summary>Which options and arguments name what a command reads and writes; checked for every command before it starts.</summary>
/// <remarks>A test holds that every text option of every command stands here or is known to name no path.</remarks>
internal static class PathArguments
{
    private static readonly string[] Nifti = [".nii", ".nii.gz"];

    /// <summary>Files to write, by command and option, with the endings they may have; none for any.</summary>
    private static readonly Dictionary<string, string[]> Files = new()
    {
        ["predict --out"] = Nifti,
        ["predict --probabilities"] = Nifti,
        ["refine --out"] = Nifti,
        ["propagate --out"] = Nifti,
        ["evaluate --out"] = [],
        ["models export --out"] = [".safetensors", ".pth", ".pt"],
        ["models import --out"] = [".safetensors"],
        ["sam train-tiny --out"] = [".safetensors"],
        ["study report --out"] = [".html", ".htm", ".md"],
        ["study export --out"] = [],
        ["phantom --picture"] = [".png", ".svg", ".pdf"],
        ["notebook run --out"] = [".ipynb"],
    };

    /// <summary>Folders to write into, by command and option.</summary>
    private static readonly HashSet<string> Folders = ["prepare --out", "phantom --out", "notebook install-kernel --user-dir"];

    /// <summary>Folders to write into that are called alike everywhere.</summary>
    private static readonly HashSet<string> CommonFolders = ["--results", "--cache", "--scratch"];

    /// <summary>What is read. A folder stands for all its files.</summary>
    private static readonly HashSet<string> Inputs =
    [
        "--image", "--mask", "--reference-mask", "--sam", "--sam2", "--decoder", "--weights", "--imagenet-weights", "--store", "--data", "--split", "--runs",
        "--test", "file", "prediction", "truth", "A", "B",
    ];

    /// <summary>Models that are read: a weight file, or a run folder, which stands for what its training wrote.</summary>
    private static readonly HashSet<string> Models = ["--model", "--encoder", "--like", "model"];

    /// <summary>Called like an input and none: a name, and a notebook that is written back with its outputs.</summary>
    private static readonly HashSet<string> NoInputs = ["sam train-tiny --model", "notebook run file"];

    /// <summary>Checks what the command line writes against what it reads and against itself.</summary>
    /// <exception cref="ArgumentException">Something that is read would be replaced, or cannot be written.</exception>
    public static void Check(ParseResult parse)
    {
        List<OutputPath> outputs = [];
        List<InputPath> inputs = [];
        var command = NameOf(parse.CommandResult);
        foreach (var (name, values) in Values(parse))
        {
            var key = $"{command} {name}";
            switch (IsPath(command, name), IsOutput(command, name))
            {
                case (_, true):
                    outputs.AddRange(values.Select(value => new OutputPath(value, name, !Files.ContainsKey(key), Files.GetValueOrDefault(key, []))));
                    break;
                case (true, _):
                    inputs.AddRange(values.SelectMany(value => Models.Contains(name) ? OfModel(value) : [value[(value.IndexOf('=') + 1)..], value])
                        .Select(path => new InputPath(path, name)));
                    break;
            }
        }

        OutputCheck.Run(outputs, inputs);
    }

    /// <summary>Whether an option or argument names a file or folder.</summary>
    public static bool IsPath(string command, string name) =>
        IsOutput(command, name) || ((Inputs.Contains(name) || Models.Contains(name)) && !NoInputs.Contains($"{command} {name}"));

    /// <summary>Whether an option names a file or folder to write.</summary>
    public static bool IsOutput(string command, string name) =>
        Files.ContainsKey($"{command} {name}") || Folders.Contains($"{command} {name}") || CommonFolders.Contains(name);

    /// <summary>What training leaves in a run folder; other files there, such as scores, may be written anew.</summary>
    private static IEnumerable<string> OfModel(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(file => Path.GetFileName(file) is "config.json" or "result.json" or "environment.json" or "selection.json" or "log.jsonl"
            || file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        : [path];

    private static IEnumerable<(string Name, string[] Values)> Values(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        foreach (var option in command.Options)
        {
            yield return (option.Name, option switch
            {
                Option<string> one => parse.GetValue(one) is { } value ? [value] : [],
                Option<string[]> many => parse.GetValue(many) ?? [],
                _ => [],
            });
        }

        foreach (var argument in command.Arguments)
        {
            yield return (argument.Name, argument is Argument<string> one && parse.GetValue(one) is { } value ? [value] : []);
        }
    }

    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult { Parent: not null } above ? $"{NameOf(above)} {result.Command.Name}" : result.Command.Name;
}
