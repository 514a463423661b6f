using ScottPlot;
using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>The font that travels inside the library, so that pictures look the same on machines without fonts.</summary>
internal static class PictureFont
{
    /// <summary>The family name under which charts ask for it.</summary>
    public const string Name = "DejaVu Sans";

    /// <summary>Never disposed: it lives as long as the process.</summary>
    public static SKTypeface Typeface { get; } = Load();

    private static readonly Resolver Registered = Register();

    /// <summary>Makes the font known to the chart library; calling it again changes nothing.</summary>
    public static void Use() => GC.KeepAlive(Registered);

    /// <summary>The font at a size in pixels; the caller disposes it.</summary>
    public static SKFont At(float size) => new(Typeface, size) { Edging = SKFontEdging.Antialias, Subpixel = true };

    private static SKTypeface Load()
    {
        using var stream = typeof(PictureFont).Assembly.GetManifestResourceStream("PolyCL.DejaVuSans.ttf")
            ?? throw new InvalidOperationException("The font DejaVuSans.ttf is missing from the library; build it again.");
        using var data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }

    private static Resolver Register()
    {
        var resolver = new Resolver();
        ScottPlot.Fonts.FontResolvers.Insert(0, resolver);
        return resolver;
    }

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Name ? Typeface : null;
    }
}
