using SkiaSharp;

namespace PolyCL.Studies.Pictures;

/// <summary>Colours that people with any common colour vision tell apart (Okabe and Ito 2008, "Color Universal Design").</summary>
public enum PictureColour
{
    /// <summary>#E69F00.</summary>
    Orange,

    /// <summary>#56B4E9; predictions.</summary>
    SkyBlue,

    /// <summary>#009E73.</summary>
    BluishGreen,

    /// <summary>#F0E442; truth on grey slices.</summary>
    Yellow,

    /// <summary>#0072B2.</summary>
    Blue,

    /// <summary>#D55E00.</summary>
    Vermillion,

    /// <summary>#CC79A7.</summary>
    ReddishPurple,

    /// <summary>#000000.</summary>
    Black,

    /// <summary>#999999; what stands back.</summary>
    Grey,
}

/// <summary>The colours as numbers.</summary>
public static class PictureColours
{
    /// <summary>The colours of series, in order; without yellow, which is too light for lines on white.</summary>
    public static IReadOnlyList<PictureColour> Palette { get; } =
    [
        PictureColour.Blue, PictureColour.Vermillion, PictureColour.BluishGreen, PictureColour.Orange, PictureColour.ReddishPurple,
        PictureColour.SkyBlue, PictureColour.Black,
    ];

    internal static SKColor ToSkia(this PictureColour colour) => SKColor.Parse(Hex(colour));

    internal static ScottPlot.Color ToScottPlot(this PictureColour colour) => ScottPlot.Color.FromHex(Hex(colour));

    internal static ScottPlot.Color ToScottPlot(this SKColor colour) => new(colour.Red, colour.Green, colour.Blue);

    /// <summary>The colour as #RRGGBB.</summary>
    public static string Hex(this PictureColour colour) => colour switch
    {
        PictureColour.Orange => "#E69F00",
        PictureColour.SkyBlue => "#56B4E9",
        PictureColour.BluishGreen => "#009E73",
        PictureColour.Yellow => "#F0E442",
        PictureColour.Blue => "#0072B2",
        PictureColour.Vermillion => "#D55E00",
        PictureColour.ReddishPurple => "#CC79A7",
        PictureColour.Grey => "#999999",
        _ => "#000000",
    };
}
