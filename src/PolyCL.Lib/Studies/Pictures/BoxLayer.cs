using PolyCL.Sam;

namespace PolyCL.Studies.Pictures;

/// <summary>A box drawn over a slice, round its first and last pixels.</summary>
/// <param name="Name">What the box is, for the legend.</param>
/// <param name="Box">The box, in pixels of the slice.</param>
/// <param name="Colour">Colour of its lines.</param>
public sealed record BoxLayer(string Name, BoxPrompt Box, PictureColour Colour)
{
    /// <summary>A prompt of SAM: bluish green, named "box".</summary>
    public static BoxLayer Prompt(BoxPrompt box) => new("box", box, PictureColour.BluishGreen);
}
