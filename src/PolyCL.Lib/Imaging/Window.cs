using System.Numerics;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>A range of HU shown as 0 to 1.</summary>
public readonly record struct Window
{
    /// <summary>Creates a window from its centre and its width.</summary>
    /// <param name="Level">Centre, HU.</param>
    /// <param name="Width">Width, HU; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not above 0 or a number is not finite.</exception>
    [System.Text.Json.Serialization.JsonConstructor]
    public Window(double Level, double Width)
    {
        this.Level = double.IsFinite(Level) ? Level : throw new ArgumentOutOfRangeException(nameof(Level), $"Level is {Level}; it must be finite.");
        this.Width = Check.Positive(Width);
    }

    /// <summary>Level 40, width 400: [−160, 240] HU (paper §4.2).</summary>
    public static Window Abdomen => new(40, 400);

    /// <summary>Centre, HU.</summary>
    public double Level { get; }

    /// <summary>Width, HU.</summary>
    public double Width { get; }

    /// <summary>The HU value that becomes 0.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double Low => Level - (Width / 2);

    /// <summary>The HU value that becomes 1.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double High => Level + (Width / 2);

    /// <summary>Replaces HU by (HU − low) / width, clipped to [0, 1]; a value that is not a number becomes 0.</summary>
    public void Apply(Span<float> values)
    {
        float low = (float)Low, width = (float)Width;
        var (lows, widths) = (new Vector<float>(low), new Vector<float>(width));
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var part = values[i..];
            var shares = (new Vector<float>(part) - lows) / widths;
            var capped = Vector.ConditionalSelect(Vector.LessThan(shares, Vector<float>.One), shares, Vector<float>.One);
            // The comparison sends NaN to 0.
            Vector.ConditionalSelect(Vector.GreaterThan(shares, Vector<float>.Zero), capped, Vector<float>.Zero).CopyTo(part);
        }

        for (; i < values.Length; i++)
        {
            var share = (values[i] - low) / width;
            values[i] = share > 0f ? (share < 1f ? share : 1f) : 0f;
        }
    }
}
