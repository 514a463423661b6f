using System.Globalization;

namespace PolyCL.Imaging;

/// <summary>How often each whole number occurs in a label map, and what is no whole number.</summary>
/// <param name="tolerance">How far a value may be from the whole number that it stands for; below 0.5.</param>
internal sealed class LabelCount(double tolerance)
{
    /// <summary>More labels than this are no label map; the largest atlases have some thousands.</summary>
    private const int MostLabels = 1 << 16;
    private const int MostOddValues = 1 << 10;

    /// <summary>Up to here every whole number is exact in double.</summary>
    private const double Largest = 1L << 53;
    private readonly SortedDictionary<long, long> labels = [];
    private readonly Dictionary<double, long> odd = [];
    private long oddVoxels;
    private long voxels;

    /// <summary>Voxels of each label, 0 included, ascending.</summary>
    public IReadOnlyDictionary<long, long> Labels => labels;

    /// <summary>Largest distance of a value from its whole number.</summary>
    public double Farthest { get; private set; }

    /// <summary>Adds voxels of one value.</summary>
    public void Add(double value, long count)
    {
        voxels += count;
        if (Whole(value) is { } label)
        {
            Farthest = Math.Max(Farthest, Math.Abs(value - label));
            if (labels.Count < MostLabels || labels.ContainsKey(label))
            {
                labels[label] = labels.GetValueOrDefault(label) + count;
                return;
            }
        }

        oddVoxels += count;
        if (odd.Count < MostOddValues || odd.ContainsKey(value))
        {
            odd[value] = odd.GetValueOrDefault(value) + count;
        }
    }

    /// <summary>The whole number for which a value stands, or null.</summary>
    public long? Whole(double value)
    {
        var nearest = Math.Round(value);
        return Math.Abs(value - nearest) <= tolerance && Math.Abs(nearest) < Largest ? (long)nearest : null;
    }

    /// <summary>What keeps the file from being a label map, as the beginning of a sentence; null when nothing does.</summary>
    public string? Problem()
    {
        if (oddVoxels == 0)
        {
            return null;
        }

        if (labels.Count == MostLabels)
        {
            return $"there are more than {MostLabels} different values, so this is no mask or label map";
        }

        var listed = odd.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(3)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{(float)pair.Key} in {pair.Value}"));
        return string.Create(CultureInfo.InvariantCulture, $"{oddVoxels} of {voxels} voxels hold no whole number ({string.Join(", ", listed)}{(odd.Count > 3 ? ", …" : "")})");
    }
}
