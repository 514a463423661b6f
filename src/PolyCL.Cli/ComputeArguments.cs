using System.CommandLine;
using PolyCL.Arithmetic;
using PolyCL.Core;
using PolyCL.Training;

namespace PolyCL.Cli;

/// <summary>The options that say where a network computes; the threads are those of <see cref="RunArguments"/>.</summary>
internal sealed class ComputeArguments(RunArguments run)
{
    private readonly Option<string?> device = new("--device") { Description = "cpu, cuda, cuda:N, or auto: CUDA where it is. Default: auto in a Slurm job, else cpu.", HelpName = "DEVICE" };
    private readonly Option<string> tf32 = TrainingArguments.Words("--tf32", "on or off: whether fp32 on a GPU may round to TF32.", "off", "on", "off");

    private readonly Option<string> arithmetic = TrainingArguments.Words("--arithmetic",
        "checked: on the CPU, the fastest way to compute that passed the check of this machine; or one way, refused where it does not pass; unchecked: torch's own, and results say so.",
        "checked", "checked", "direct", "padded-channels", "without-one-dnn", "unchecked");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(device);
        command.Options.Add(tf32);
        command.Options.Add(arithmetic);
    }

    /// <summary>Device, TF32 and threads.</summary>
    public ComputeOptions Options(ParseResult parse) => new()
    {
        Device = parse.GetValue(device) ?? DeviceChoice.Unnamed(Environment.GetEnvironmentVariable),
        Tf32 = parse.GetValue(tf32) == "on",
        Arithmetic = Choice(parse.GetValue(arithmetic)!),
        Threads = run.Threads(parse),
    };

    private static ArithmeticChoice Choice(string word) => word switch
    {
        "direct" => ArithmeticChoice.Direct,
        "padded-channels" => ArithmeticChoice.PaddedChannels,
        "without-one-dnn" => ArithmeticChoice.WithoutOneDnn,
        "unchecked" => ArithmeticChoice.Unchecked,
        _ => ArithmeticChoice.Checked,
    };

    /// <summary>Where stores lie in the folder of results.</summary>
    public static string Stores(string results) => Path.Combine(results, "stores");

    /// <summary>The option that names the folder of run folders.</summary>
    public static Option<string> Results() => new("--results") { Description = "Folder for run folders and slice stores.", DefaultValueFactory = _ => "results" };
}
