using System.Globalization;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Metrics;

/// <summary>Tells masks, label maps and probability maps apart and turns them into what the scores need.</summary>
internal static class VoxelMeaning
{
    /// <summary>Probabilities, or 1 where the label map shows the organ and 0 elsewhere.</summary>
    public static float[] Prediction(string path, Volume volume, ScanPairOptions options, List<string> warnings)
    {
        var values = Values(path, volume);
        var range = Range.Of(values);
        if (!options.Probabilities && range.Whole)
        {
            WarnOfSeveralLabels(path, values, options, warnings);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = IsOrgan(values[i], options) ? 1 : 0;
            }

            return values;
        }

        if (range.Low < 0 || range.High > 1)
        {
            throw new ScanFormatException(path, "voxels", string.Create(
                CultureInfo.InvariantCulture, $"the values go from {range.Low} to {range.High}; give whole labels, or probabilities from 0 to 1."));
        }

        if (!options.Probabilities)
        {
            warnings.Add($"{path}: taken as a probability map; above 0.5 counts as organ.");
        }

        return values;
    }

    public static byte[] Truth(string path, Volume volume, ScanPairOptions options, List<string> warnings)
    {
        var values = Values(path, volume);
        if (!Range.Of(values).Whole)
        {
            throw new ScanFormatException(path, "voxels", "there are values that are no whole numbers; give a mask or a label map.");
        }

        WarnOfSeveralLabels(path, values, options, warnings);
        return Array.ConvertAll(values, value => IsOrgan(value, options) ? (byte)1 : (byte)0);
    }

    private static bool IsOrgan(float value, ScanPairOptions options) => options.Label is { } label ? value == label : value > 0;

    private static float[] Values(string path, Volume volume)
    {
        if (volume.Shape.VoxelCount > Array.MaxLength)
        {
            throw new ScanFormatException(path, "shape", $"{volume.Shape} voxels are too many to compare at once; crop both files.");
        }

        var values = new float[volume.Shape.VoxelCount];
        var plane = volume.Shape.X * volume.Shape.Y;
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            volume.CopySlice(z, values.AsSpan(z * plane, plane));
        }

        return values.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            ? throw new ScanFormatException(path, "voxels", "there are values that are not finite; replace them by 0.")
            : values;
    }

    private static void WarnOfSeveralLabels(string path, float[] values, ScanPairOptions options, List<string> warnings)
    {
        var first = Array.Find(values, value => value > 0);
        if (options.Label is null && Array.Exists(values, value => value > 0 && value != first))
        {
            warnings.Add($"{path}: there are several labels; all above 0 count as the organ, unless a label is given.");
        }
    }

    private readonly record struct Range(float Low, float High, bool Whole)
    {
        public static Range Of(float[] values)
        {
            float low = float.PositiveInfinity, high = float.NegativeInfinity;
            var whole = true;
            foreach (var value in values)
            {
                low = Math.Min(low, value);
                high = Math.Max(high, value);
                whole &= value == MathF.Floor(value);
            }

            return new Range(low, high, whole);
        }
    }
}
