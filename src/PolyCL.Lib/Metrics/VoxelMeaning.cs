using System.Globalization;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Turns label maps and probability maps into what the scores need.</summary>
internal static class VoxelMeaning
{
    /// <summary>How far beyond 0 and 1 rounding may bring a probability.</summary>
    private const float ProbabilitySlack = 1e-3f;

    /// <summary>1 where a label map shows the organ, else 0, in the map's axis order.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="map">The labels.</param>
    /// <param name="label">The label that counts; null for every value above 0.</param>
    /// <param name="warnings">Takes what a user should know of the values.</param>
    public static byte[] Organ(string path, LabelMap map, int? label, List<string> warnings)
    {
        warnings.AddRange(map.Notes.Select(note => $"{path}: {note}."));
        if (label is null && map.Labels.Count(value => value > 0) > 1)
        {
            warnings.Add($"{path}: there are several labels ({LabelMap.InWords([.. map.Labels.Where(value => value > 0)])}); all above 0 count as the organ, unless a label is given.");
        }

        var organ = map.Select(label);
        var mask = new byte[Length(path, organ)];
        var plane = organ.Shape.X * organ.Shape.Y;
        for (var z = 0; z < organ.Shape.Z; z++)
        {
            organ.CopySlice(z, mask.AsSpan(z * plane, plane));
        }

        return mask;
    }

    /// <summary>Probabilities, 0 to 1.</summary>
    /// <exception cref="ScanFormatException">A value lies outside, or is not a number.</exception>
    public static float[] Probabilities(string path, Volume volume)
    {
        var values = new float[Length(path, volume)];
        var plane = volume.Shape.X * volume.Shape.Y;
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            volume.CopySlice(z, values.AsSpan(z * plane, plane));
        }

        var wrong = 0L;
        var first = 0f;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is >= -ProbabilitySlack and <= 1 + ProbabilitySlack)
            {
                values[i] = Math.Clamp(values[i], 0, 1);
            }
            else if (wrong++ == 0)
            {
                first = values[i];
            }
        }

        return wrong == 0 ? values : throw new ScanFormatException(path, "voxels", string.Create(
            CultureInfo.InvariantCulture, $"{wrong} of {values.Length} values are no probabilities from 0 to 1, such as {first}; give probabilities, or a mask without saying that it holds them."));
    }

    private static long Length(string path, Volume volume) => volume.Shape.VoxelCount <= Array.MaxLength
        ? volume.Shape.VoxelCount
        : throw new ScanFormatException(path, "shape", $"{volume.Shape} voxels are too many to compare at once; crop both files.");
}
