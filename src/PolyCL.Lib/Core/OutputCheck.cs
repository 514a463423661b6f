namespace PolyCL.Core;

/// <summary>Checks before any work that what will be written can be, and replaces nothing that is read and nothing else that is written.</summary>
/// <remarks>
/// Paths count by where they lead (<see cref="RealPath"/>). Hard links need no check: <see cref="AtomicFile"/> replaces a name, never the bytes behind it.
/// </remarks>
public static class OutputCheck
{
    /// <summary>Checks outputs against all inputs and each other.</summary>
    /// <exception cref="ArgumentException">
    /// An output has another ending, is a folder where a file is to be written or the reverse, lies below a file, or leads to an input or another output.
    /// </exception>
    public static void Run(IReadOnlyList<OutputPath> outputs, IReadOnlyList<InputPath> inputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(inputs);
        if (outputs.Count == 0)
        {
            return;
        }

        foreach (var output in outputs)
        {
            CheckName(output);
        }

        var read = inputs.Where(input => input.Path.Length > 0 && Path.Exists(input.Path)).Select(input => (Input: input, Real: RealPath.Of(input.Path))).ToList();
        var written = new List<(OutputPath Output, string Real)>();
        foreach (var output in outputs)
        {
            var real = RealPath.Of(output.Path);
            CheckInputs(output, real, read);
            CheckPlace(output, real);
            if (written.Find(other => RealPath.AreSame(other.Real, real)) is { Output: { } same })
            {
                throw new ArgumentException($"{output} and {same} lead to one place and one would replace the other; give two.");
            }

            written.Add((output, real));
        }
    }

    private static void CheckName(OutputPath output)
    {
        if (string.IsNullOrWhiteSpace(output.Path))
        {
            throw new ArgumentException($"{output.Name ?? "The name of a file to write"} is empty; give a name.");
        }

        if (output.Endings.Count > 0 && !output.Endings.Any(ending => output.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"{output}: the name must end in {InWords(output.Endings)}; give such a name.");
        }
    }

    private static string InWords(IReadOnlyList<string> endings) =>
        endings.Count == 1 ? endings[0] : $"{string.Join(", ", endings.SkipLast(1))} or {endings[^1]}";

    private static void CheckInputs(OutputPath output, string real, List<(InputPath Input, string Real)> read)
    {
        foreach (var (input, place) in read)
        {
            if (Directory.Exists(place))
            {
                if (!output.IsFolder && File.Exists(real) && RealPath.IsBelow(real, place))
                {
                    throw new ArgumentException($"{output}: the result would replace a file in the folder that is read, {input}; give another file.");
                }
            }
            else if (RealPath.AreSame(real, place))
            {
                throw new ArgumentException($"{output}: the result would replace an input, {input}; give another {(output.IsFolder ? "folder" : "file")}.");
            }
        }
    }

    private static void CheckPlace(OutputPath output, string real)
    {
        if (output.IsFolder ? File.Exists(real) : Directory.Exists(real))
        {
            throw new ArgumentException(output.IsFolder
                ? $"{output} is a file, and a folder is needed; give another name."
                : $"{output} is a folder, and a file is to be written; give a file's name.");
        }

        if (RealPath.NearestThere(real) is var there && File.Exists(there) && there != real)
        {
            throw new ArgumentException($"{output} cannot be made because {there} is a file, not a folder; give another name.");
        }
    }
}
