using PolyCL.Core;

namespace PolyCL.Studies.Pictures;

/// <summary>One grey slice of a <see cref="SliceSheet"/>.</summary>
public sealed record SheetCell
{
    /// <summary>Creates a cell.</summary>
    /// <param name="pixels">Grey values row by row, 0 black to 1 white; values outside are clipped, NaN is black.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">A size is not positive or the pixels are not height × width.</exception>
    public SheetCell(ReadOnlyMemory<float> pixels, int height, int width)
    {
        Height = Check.Positive(height);
        Width = Check.Positive(width);
        Pixels = pixels.Length == (long)height * width
            ? pixels
            : throw new ArgumentException($"The cell holds {pixels.Length} pixels; {height}×{width} needs {(long)height * width}.", nameof(pixels));
    }

    /// <summary>Grey values row by row, 0 to 1.</summary>
    public ReadOnlyMemory<float> Pixels { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Height of a pixel divided by its width (spacing Y / X); 1 unless told otherwise.</summary>
    public double PixelAspect { get; init => field = Check.Positive(value, nameof(PixelAspect)); } = 1;

    /// <summary>Masks drawn in this order; each as large as the slice.</summary>
    /// <exception cref="ArgumentException">A mask is not height × width.</exception>
    public IReadOnlyList<MaskLayer> Masks
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            foreach (var layer in value)
            {
                if (layer.Mask.Length != Pixels.Length)
                {
                    throw new ArgumentException($"Mask '{layer.Name}' holds {layer.Mask.Length} pixels; the slice has {Pixels.Length}.", nameof(Masks));
                }
            }

            field = value;
        }
    } = [];

    /// <summary>Boxes drawn over the masks.</summary>
    public IReadOnlyList<BoxLayer> Boxes { get; init => field = value ?? throw new ArgumentNullException(nameof(Boxes)); } = [];

    /// <summary>Colour of a frame round the cell, which sets it off from its neighbours; null for none.</summary>
    public PictureColour? Frame { get; init; }

    /// <summary>A short line under the slice, or null.</summary>
    public string? Caption { get; init; }
}
