using PolyCL.Core;
using PolyCL.Models.Weights;

namespace PolyCL.Sam;

/// <summary>The small networks that come with the program: trained on generated phantoms alone, to try refinement and propagation without a download.</summary>
/// <remarks>The files say what they are; networks opened from them, or from copies, carry <see cref="Label"/>. See docs/sam.md and docs/sam2.md.</remarks>
public static class TinyWeights
{
    /// <summary>What the small networks are called wherever a result tells its weights.</summary>
    public const string Label = "phantom-tiny, not Meta's weights";

    /// <summary>Key of the label among the texts of a weight file.</summary>
    internal const string LabelKey = "polycl.label";

    private const string Folder = "weights";

    /// <summary>The small SAM.</summary>
    /// <exception cref="WeightMismatchException">The file is not beside the program.</exception>
    public static string Sam => Find("sam-phantom-tiny.safetensors", "sam");

    /// <summary>The small SAM 2.</summary>
    /// <exception cref="WeightMismatchException">The file is not beside the program.</exception>
    public static string Sam2 => Find("sam2-phantom-tiny.safetensors", "sam2");

    /// <summary>The label that a weight file carries, or null.</summary>
    internal static string? LabelOf(WeightSet weights) => weights.Metadata.GetValueOrDefault(LabelKey);

    /// <summary>What a user should know of a weight file, or null.</summary>
    /// <param name="path">The file.</param>
    /// <param name="label">Its label, of which the results tell.</param>
    /// <param name="doubt">What makes it doubtful; it counts more than the label.</param>
    /// <param name="note">What was done to make it fit.</param>
    internal static string? Warning(string path, string? label, string? doubt, string? note)
    {
        var first = doubt ?? (label is null
            ? null
            : $"{Path.GetFileName(path)}: {label}; trained on generated phantoms, it is for trying things out. Give Meta's file for results.");
        return (first, note) is ({ } one, { } two) ? $"{one} {two}" : first ?? note;
    }

    private static string Find(string name, string model)
    {
        var path = Path.Combine(Path.GetDirectoryName(typeof(TinyWeights).Assembly.Location) ?? AppContext.BaseDirectory, Folder, name);
        return File.Exists(path)
            ? path
            : throw new WeightMismatchException(
                $"Weight file '{path}' is not there; copy data-samples/weights of the source folder to it, or make it: polycl sam train-tiny --model {model} --out {name}.", path);
    }
}
