using System.Globalization;
using System.Text;

namespace PolyCL.Studies.Slurm;

/// <summary>One job array: tasks of one stage that wait for the same thing.</summary>
/// <param name="Name">A name of its own within a submission, fit for a variable of bash.</param>
/// <param name="Stage">The stage.</param>
/// <param name="First">What an index lacks to its task's number, since indices have a highest value.</param>
/// <param name="After">The array of this submission whose task of the same index each task waits for, or null.</param>
/// <param name="Dependency">What tasks of earlier submissions all wait for, as sbatch takes it, or null.</param>
/// <param name="Tasks">The tasks.</param>
internal sealed record SlurmArray(string Name, string Stage, int First, SlurmArray? After, string? Dependency, IReadOnlyList<SlurmTask> Tasks)
{
    /// <summary>The stage of the one task that makes the data.</summary>
    public const string DataStage = "data";

    /// <summary>The indices as <c>sbatch --array</c> takes them, such as "1-3,7".</summary>
    public string Indices => Ranges([.. Tasks.Select(task => task.Number - First).Order()]);

    /// <summary>Numbers in ascending order, runs of them as "first-last".</summary>
    public static string Ranges(IReadOnlyList<int> numbers)
    {
        var text = new StringBuilder();
        for (var i = 0; i < numbers.Count; i++)
        {
            var first = numbers[i];
            while (i + 1 < numbers.Count && numbers[i + 1] == numbers[i] + 1)
            {
                i++;
            }

            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{first}{(numbers[i] > first ? $"-{numbers[i]}" : "")}");
        }

        return text.ToString();
    }

    /// <summary>The numbers that <see cref="Ranges"/> wrote.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static IEnumerable<int> Numbers(string ranges) => ranges.Split(',').SelectMany(part =>
    {
        var ends = part.Split('-').Select(end => int.Parse(end, NumberStyles.None, CultureInfo.InvariantCulture)).ToList();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    });
}
