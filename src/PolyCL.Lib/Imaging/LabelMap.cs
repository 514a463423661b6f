using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>A volume read as a mask or label map: whole numbers, whatever type and scaling the file stores them in. Everything that reads labels reads them here.</summary>
/// <remarks>
/// A value is the whole number next to it when it is within 0.001 of it, or within half a step of the file's own scaling (a 0/1/2 map that was
/// stored as scaled uint8 comes back as 0, 1.0039, 2). Anything else, and what is not a number, is refused. Values 0 and 255 alone are 0 and 1.
/// </remarks>
internal sealed class LabelMap
{
    /// <summary>Distance from a whole number that any file may have; float files reach 1e-5 by arithmetic.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>The value of the organ in masks that were painted as pictures.</summary>
    private const int White = 255;
    private readonly string path;
    private readonly Volume volume;
    private readonly LabelCount count;
    private readonly bool binary;

    private LabelMap(string path, Volume volume, LabelCount count)
    {
        this.path = path;
        this.volume = volume;
        this.count = count;
        binary = count.Labels.ContainsKey(White) && count.Labels.Keys.All(label => label is 0 or White);
        Labels = [.. count.Labels.Keys.Select(Named).Where(label => label != 0)];
        Notes = [.. FindNotes()];
    }

    /// <summary>The labels that occur, ascending, without 0.</summary>
    public IReadOnlyList<long> Labels { get; }

    /// <summary>What a user should know of the values, one phrase each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScanFormatException">The file is unreadable or holds values that are no whole numbers.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static LabelMap Read(string path, NiftiReadOptions? options = null) => Of(path, NiftiReader.Read(path, options));

    /// <summary>Understands a volume.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="volume">The voxels.</param>
    /// <param name="advice">Another way to mend it, as the end of a sentence that starts with "or".</param>
    /// <exception cref="ScanFormatException">It holds values that are no whole numbers.</exception>
    public static LabelMap Of(string path, Volume volume, string? advice = null)
    {
        var count = new LabelCount(ToleranceOf(volume));
        volume.Count(count);
        return count.Problem() is { } problem
            ? throw new ScanFormatException(path, "voxels", $"{problem}; give a mask or a label map{(advice is null ? "" : $", or {advice}")}.")
            : new LabelMap(path, volume, count);
    }

    /// <summary>Whether a label occurs; 255 is 1 in a map of 0 and 255.</summary>
    public bool Has(int label) => Labels.Contains(Named(label));

    /// <summary>The labels as a clause, such as "the labels are 1, 2 and 5".</summary>
    public string InWords() => Labels.Count switch
    {
        0 => "all voxels are 0",
        1 => $"the only label is {Labels[0]}",
        _ => $"the labels are {InWords(Labels)}",
    };

    /// <summary>Some labels in words; long lists are cut.</summary>
    public static string InWords(IReadOnlyList<long> labels) => labels.Count switch
    {
        0 => "none",
        1 => labels[0].ToString(CultureInfo.InvariantCulture),
        <= 12 => $"{string.Join(", ", labels.Take(labels.Count - 1))} and {labels[^1]}",
        _ => $"{string.Join(", ", labels.Take(10))} … {labels[^1]}, {labels.Count} in all",
    };

    /// <summary>1 where a label is asked for, else 0, on the same grid.</summary>
    public Volume Select(Func<long, bool> isOrgan) => volume.Select(value => count.Whole(value) is { } label && isOrgan(Named(label)));

    /// <summary>1 where the label is, or any above 0 without one.</summary>
    public Volume Select(int? label) => label is { } asked ? Select(found => found == Named(asked)) : Select(found => found > 0);

    /// <summary>The label that a number names: 1 for 255 in a map of 0 and 255.</summary>
    public long Named(long label) => binary && label == White ? 1 : label;

    /// <summary>The error for a label that does not occur.</summary>
    public ScanFormatException Without(int label, string end) => new(path, "voxels", $"no voxel has label {label}, {InWords()}; {end}");

    private static double ToleranceOf(Volume volume)
    {
        var step = Math.Abs(volume.Slope);
        var stored = volume.StoredType is VoxelType.Float32 or VoxelType.Float64;

        // Half a step, and 1 % of one for slope and intercept in float32, which 65,535 steps multiply; a step of 1 or more rounds nothing.
        return stored || step >= 1 ? Tolerance : Math.Max(Tolerance, Math.Min(step * 0.51, 0.4999));
    }

    private IEnumerable<string> FindNotes()
    {
        if (count.Farthest > 1e-6)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"label values up to {(float)count.Farthest} off whole numbers were rounded");
        }

        if (binary)
        {
            yield return "label values are 0 and 255, taken as a mask of 0 and 1";
        }

        var negative = count.Labels.Where(pair => pair.Key < 0).ToArray();
        if (negative.Length > 0)
        {
            yield return $"labels below 0 ({InWords([.. negative.Select(pair => pair.Key)])}, {negative.Sum(pair => pair.Value)} voxels) count as background";
        }
    }
}
