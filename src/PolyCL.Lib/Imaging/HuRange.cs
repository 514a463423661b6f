using System.Globalization;
using System.Numerics;

namespace PolyCL.Imaging;

/// <summary>Where a volume's values lie, to tell whether they can be HU; what is not finite is left out.</summary>
internal sealed class HuRange
{
    // Lung and air; the noise of air reaches some 100 HU below −1000.
    private const float AirLow = -1200;
    private const float AirHigh = -200;

    // Fat to contrast-enhanced vessels: some of it is in every CT of a body.
    private const float SoftLow = -200;
    private const float SoftHigh = 300;
    private const double LeastSoft = 0.02;

    // Cortical bone, metal; never much of a scan.
    private const float DenseAbove = 800;
    private const double MostDense = 0.2;

    // Soft tissue and bone exceed this in every CT of a body.
    private const float TissueAbove = 60;
    private long finite;
    private long air;
    private long soft;
    private long dense;
    private float minimum = float.PositiveInfinity;
    private float maximum = float.NegativeInfinity;

    private HuRange()
    {
    }

    /// <summary>Looks at every voxel once.</summary>
    public static HuRange Of(Volume volume)
    {
        var range = new HuRange();
        var values = new float[volume.Shape.X * volume.Shape.Y];
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            volume.CopySlice(z, values);
            range.Add(values);
        }

        return range;
    }

    /// <summary>Why the values are hardly HU, or null when they may be: a short sentence without a full stop.</summary>
    public string? Doubt()
    {
        var why = air == 0 ? "a CT has air near -1000"
            : maximum <= TissueAbove ? "a CT has tissue above 60"
            : soft < LeastSoft * finite ? "a CT has soft tissue near 0 to 100"
            : dense > MostDense * finite ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * dense / finite:0} % of the voxels would be bone or metal")
            : null;
        return why is null ? null : string.Create(CultureInfo.InvariantCulture, $"not HU? values are {minimum:0.##} to {maximum:0.##}; {why}");
    }

    private void Add(ReadOnlySpan<float> values)
    {
        Vector<float> lows = new(minimum), highs = new(maximum);
        Vector<int> finites = default, airs = default, softs = default, denses = default;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var part = new Vector<float>(values[i..]);
            var isFinite = Vector.LessThanOrEqual(Vector.Abs(part), new Vector<float>(float.MaxValue));
            lows = Vector.ConditionalSelect(isFinite, Vector.Min(lows, part), lows);
            highs = Vector.ConditionalSelect(isFinite, Vector.Max(highs, part), highs);

            // A comparison that holds is −1.
            finites -= isFinite;
            airs -= isFinite & Vector.GreaterThanOrEqual(part, new Vector<float>(AirLow)) & Vector.LessThan(part, new Vector<float>(AirHigh));
            softs -= isFinite & Vector.GreaterThanOrEqual(part, new Vector<float>(SoftLow)) & Vector.LessThan(part, new Vector<float>(SoftHigh));
            denses -= isFinite & Vector.GreaterThan(part, new Vector<float>(DenseAbove));
        }

        finite += Vector.Sum(finites);
        air += Vector.Sum(airs);
        soft += Vector.Sum(softs);
        dense += Vector.Sum(denses);
        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            minimum = Math.Min(minimum, lows[lane]);
            maximum = Math.Max(maximum, highs[lane]);
        }

        foreach (var value in values[i..])
        {
            if (float.IsFinite(value))
            {
                finite++;
                air += value is >= AirLow and < AirHigh ? 1 : 0;
                soft += value is >= SoftLow and < SoftHigh ? 1 : 0;
                dense += value > DenseAbove ? 1 : 0;
                minimum = Math.Min(minimum, value);
                maximum = Math.Max(maximum, value);
            }
        }
    }
}
