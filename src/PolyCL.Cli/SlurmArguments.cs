using System.CommandLine;
using PolyCL.Studies.Slurm;

namespace PolyCL.Cli;

/// <summary>The options that say what tasks ask of Slurm, and how they call this program.</summary>
internal sealed class SlurmArguments
{
    private readonly Option<string?> partition = new("--partition") { Description = "Partition of the trainings.", HelpName = "NAME" };
    private readonly Option<string?> dataPartition = new("--data-partition") { Description = "Partition of the task that makes the data and needs no GPU; that of the trainings unless given.", HelpName = "NAME" };
    private readonly Option<string?> gres = new("--gres") { Description = "Generic resources of a training, such as gpu:1.", HelpName = "LIST" };
    private readonly Option<string?> time = new("--time") { Description = "Time limit of a task, such as 04:00:00; a longer run goes on in its next turn.", HelpName = "TIME" };
    private readonly Option<string?> dataTime = new("--data-time") { Description = "Time limit of the task that makes the data, which cannot go on in a next turn; --time unless given.", HelpName = "TIME" };
    private readonly Option<int?> cpus = new("--cpus") { Description = "CPU cores of a task, and its threads unless --threads is given.", HelpName = "N" };
    private readonly Option<string?> memory = new("--mem") { Description = "Memory of a task, such as 16G.", HelpName = "SIZE" };
    private readonly Option<string?> account = new("--account") { Description = "Account that pays.", HelpName = "NAME" };
    private readonly Option<string[]> further = new("--sbatch") { Description = "Another option of sbatch as one word, such as --sbatch=--exclude=node7; may be repeated.", HelpName = "OPTION" };
    private readonly Option<int?> parallel = new("--max-parallel") { Description = "Tasks of one array that may run at once.", HelpName = "N" };
    private readonly Option<int?> arraySize = new("--max-array-size") { Description = "Slurm's MaxArraySize; asked of the cluster unless given, else 1001.", HelpName = "N" };
    private readonly Option<int> signal = new("--signal-seconds")
    {
        Description = "Seconds before the time limit at which a task saves its state and goes back into the queue.",
        DefaultValueFactory = _ => new SlurmOptions().SignalSeconds,
    };

    private readonly Option<string?> program = new("--program") { Description = "How tasks call this program, as shell text, such as \"apptainer exec --nv polycl.sif polycl\"; this very program unless given.", HelpName = "TEXT" };
    private readonly Option<string[]> setup = new("--setup") { Description = "A line of shell before that, such as \"module load cuda\"; may be repeated.", HelpName = "LINE" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [partition, dataPartition, gres, time, dataTime, cpus, memory, account, further, parallel, arraySize, signal, program, setup];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What tasks ask of Slurm.</summary>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    public SlurmOptions Options(ParseResult parse) => new()
    {
        Partition = parse.GetValue(partition),
        DataPartition = parse.GetValue(dataPartition),
        Gres = parse.GetValue(gres),
        Time = parse.GetValue(time),
        DataTime = parse.GetValue(dataTime),
        Cpus = parse.GetValue(cpus),
        Memory = parse.GetValue(memory),
        Account = parse.GetValue(account),
        Further = parse.GetValue(further) ?? [],
        MaxParallel = parse.GetValue(parallel),
        MaxArraySize = parse.GetValue(arraySize) ?? SlurmStudy.MaxArraySize() ?? new SlurmOptions().MaxArraySize,
        SignalSeconds = parse.GetValue(signal),
    };

    /// <summary>How tasks call this program for the study.</summary>
    public SlurmCommand Command(ParseResult parse, StudyArguments study)
    {
        var compute = StudyArguments.ComputeWords(parse);
        IReadOnlyList<string> threads = parse.GetValue(cpus) is { } cores && !compute.Contains("--threads") ? ["--threads", FormattableString.Invariant($"{cores}")] : [];
        return new SlurmCommand
        {
            Program = parse.GetValue(program) ?? ThisProgram(),
            Study = [.. study.Identity(parse), .. compute, .. threads],
            Identity = study.Identity(parse),
            WorkingFolder = Environment.CurrentDirectory,
            Scratch = study.Scratch(parse),
            Setup = parse.GetValue(setup) ?? [],
        };
    }

    private static string ThisProgram()
    {
        var process = Environment.ProcessPath;
        return Path.GetFileNameWithoutExtension(process) switch
        {
            "polycl" => SlurmCommand.ProgramOf(process!),
            var name => SlurmCommand.ProgramOf(name == "dotnet" ? process! : "dotnet", Path.Combine(AppContext.BaseDirectory, "polycl.dll")),
        };
    }
}
