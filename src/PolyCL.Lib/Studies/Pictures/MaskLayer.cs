namespace PolyCL.Studies.Pictures;

/// <summary>A mask drawn over a slice: its outline, and a tint inside when asked.</summary>
/// <param name="Name">What the mask is, for the legend, such as "truth".</param>
/// <param name="Mask">One byte per pixel, row by row, as large as the slice; every value above 0 is inside.</param>
/// <param name="Colour">Colour of outline and tint.</param>
/// <param name="Fill">Opacity of the tint, 0 (outline only) to 1.</param>
/// <param name="Outline">False leaves the outline away.</param>
public sealed record MaskLayer(string Name, ReadOnlyMemory<byte> Mask, PictureColour Colour, double Fill = 0, bool Outline = true)
{
    /// <summary>The reference mask: a yellow outline named "truth".</summary>
    public static MaskLayer Truth(ReadOnlyMemory<byte> mask) => new("truth", mask, PictureColour.Yellow);

    /// <summary>A model's mask: a sky-blue outline named "prediction".</summary>
    public static MaskLayer Prediction(ReadOnlyMemory<byte> mask) => new("prediction", mask, PictureColour.SkyBlue);

    /// <summary>The mask that SAM is given: a vermillion outline named "coarse mask".</summary>
    public static MaskLayer Coarse(ReadOnlyMemory<byte> mask) => new("coarse mask", mask, PictureColour.Vermillion);

    /// <summary>The mask that SAM gives back: a sky-blue outline named "refined mask".</summary>
    public static MaskLayer Refined(ReadOnlyMemory<byte> mask) => new("refined mask", mask, PictureColour.SkyBlue);

    /// <summary>A mask that SAM 2 carried to its slice: a sky-blue outline named "propagated mask".</summary>
    public static MaskLayer Propagated(ReadOnlyMemory<byte> mask) => new("propagated mask", mask, PictureColour.SkyBlue);
}
