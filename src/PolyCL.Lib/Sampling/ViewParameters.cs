using PolyCL.Core;

namespace PolyCL.Sampling;

/// <summary>One view of a slice: which part is shown, flipped or not, how bright and how contrasted. No pixels.</summary>
/// <param name="Left">Left edge of the crop, share of the width.</param>
/// <param name="Top">Top edge of the crop, share of the height.</param>
/// <param name="Width">Width of the crop, share of the slice's width, above 0.</param>
/// <param name="Height">Height of the crop, share of the slice's height, above 0.</param>
/// <param name="Flip">Whether left and right are exchanged.</param>
/// <param name="Brightness">Factor on all values.</param>
/// <param name="Contrast">Factor on the distance from the view's mean.</param>
/// <param name="ContrastFirst">Whether contrast comes before brightness; both clip to [0, 1], so the order matters.</param>
public readonly record struct ViewParameters(
    double Left, double Top, double Width, double Height, bool Flip, double Brightness, double Contrast, bool ContrastFirst)
{
    private const int Attempts = 10;
    private static readonly ulong Purpose = RandomStream.Fnv1a("view");

    /// <summary>The slice as it is.</summary>
    public static ViewParameters Identity { get; } = new(0, 0, 1, 1, false, 1, 1, false);

    /// <summary>Draws one view; a pure function of its arguments.</summary>
    /// <remarks>
    /// The crop's area is uniform in the allowed range and its aspect log-uniform; a crop that does not fit is drawn again, ten times, then the whole
    /// slice is shown. Brightness and contrast are uniform and come in either order.
    /// </remarks>
    /// <param name="options">Ranges.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Epoch; ignored when the options are frozen.</param>
    /// <param name="slice">What tells the views of an epoch apart; when the options are frozen it must be the slice's index, which no epoch changes.</param>
    /// <param name="view">0 for the anchor, 1 for the positive.</param>
    /// <exception cref="ArgumentException">The options' smallest area is above the largest.</exception>
    public static ViewParameters Draw(ViewOptions options, long seed, long epoch, int slice, int view)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (view == 0 && options.OnlySecondView)
        {
            return Identity;
        }

        var stream = new RandomStream(seed, Purpose, options.Frozen ? 0 : epoch, ((long)view << 32) | (uint)slice);
        var (width, height) = Crop(options, ref stream);
        var left = stream.NextDouble(0, 1 - width);
        var top = stream.NextDouble(0, 1 - height);
        var flip = stream.NextDouble() < options.FlipShare;
        var brightness = stream.NextDouble(1 - options.Brightness, 1 + options.Brightness);
        var contrast = stream.NextDouble(1 - options.Contrast, 1 + options.Contrast);
        return new(left, top, width, height, flip, brightness, contrast, stream.NextInt(2) == 1);
    }

    private static (double Width, double Height) Crop(ViewOptions options, ref RandomStream stream)
    {
        var logAspect = Math.Log(options.MaximumAspect);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = stream.NextDouble(options.MinimumArea, options.MaximumArea);
            var aspect = Math.Exp(stream.NextDouble(-logAspect, logAspect));
            var (width, height) = (Math.Sqrt(area * aspect), Math.Sqrt(area / aspect));
            if (width <= 1 && height <= 1)
            {
                return (width, height);
            }
        }

        return (1, 1);
    }
}
