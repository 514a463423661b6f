using PolyCL.Core;

namespace PolyCL.Studies.Slurm;

/// <summary>How a task calls this program for a study.</summary>
public sealed record SlurmCommand
{
    /// <summary>The start of the command line as shell text: the program, or a container engine with its options and the program inside.</summary>
    public required string Program { get; init => field = Check.NotBlank(value, nameof(Program)); }

    /// <summary>The words that name the study and how it is computed, as for <c>polycl study run</c>.</summary>
    public required IReadOnlyList<string> Study { get; init; }

    /// <summary>The words of <see cref="Study"/> that name the study alone; with the jobs they name its folder.</summary>
    public required IReadOnlyList<string> Identity { get; init; }

    /// <summary>Folder in which tasks work, against which relative paths count.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>Folder on a disk of the node for copies of the data, in which <c>$NAME</c> stands for a variable of the node; null for none.</summary>
    public string? Scratch { get; init; }

    /// <summary>Lines of shell before the program is called, such as <c>module load cuda</c>.</summary>
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>A program as shell text.</summary>
    /// <param name="words">The program and its first arguments.</param>
    public static string ProgramOf(params IReadOnlyList<string> words) => ShellText.Words(words);
}
