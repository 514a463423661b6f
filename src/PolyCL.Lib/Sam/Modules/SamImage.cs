using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>How a slice lies in the model's square image: enlarged or reduced to fit, the rest at the bottom or right empty.</summary>
/// <param name="Height">Rows of the slice, H.</param>
/// <param name="Width">Columns of the slice, W.</param>
/// <param name="Size">Pixels along one side of the model's image, S.</param>
internal sealed record SamImage(int Height, int Width, int Size)
{
    private static readonly float[] Mean = [123.675f, 116.28f, 103.53f];
    private static readonly float[] Deviation = [58.395f, 57.12f, 57.375f];

    /// <summary>Rows of the slice in the model's image.</summary>
    public int Rows { get; } = Scaled(Height, Math.Max(Height, Width), Size);

    /// <summary>Columns of the slice in the model's image.</summary>
    public int Columns { get; } = Scaled(Width, Math.Max(Height, Width), Size);

    /// <summary>Turns shares of the window into grey levels: clamped to [0, 1], times 255, rounded half up; not a number becomes 0.</summary>
    public static byte[] GreyLevels(ReadOnlySpan<float> slice)
    {
        var grey = new byte[slice.Length];
        for (var i = 0; i < slice.Length; i++)
        {
            grey[i] = slice[i] > 0 ? (byte)MathF.Floor((255 * MathF.Min(slice[i], 1)) + 0.5f) : (byte)0;
        }

        return grey;
    }

    /// <summary>Brings grey levels to the size they have in the model's image.</summary>
    /// <param name="grey">[H, W].</param>
    /// <returns>[Rows, Columns].</returns>
    public byte[] Resized(ReadOnlySpan<byte> grey) => PillowResize.Resize(grey, Height, Width, Rows, Columns, PillowFilter.Bilinear);

    /// <summary>Makes the model's input: three equal colours, each normalised by its own mean and spread, then padded with zeros.</summary>
    /// <param name="resized">[Rows, Columns].</param>
    /// <param name="device">Where the input shall lie.</param>
    /// <returns>float [1, 3, S, S].</returns>
    public Tensor Input(byte[] resized, Device device)
    {
        using var scope = NewDisposeScope();
        var grey = tensor(resized, device: device).view(1, Rows, Columns).to_type(ScalarType.Float32);
        var colours = (grey - tensor(Mean, device: device).view(3, 1, 1)) / tensor(Deviation, device: device).view(3, 1, 1);
        return functional.pad(colours, [0, Size - Columns, 0, Size - Rows]).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Input"/>
    public float[] InputValues(byte[] resized)
    {
        using var input = Input(resized, CPU);
        return input.data<float>().ToArray();
    }

    /// <summary>Gives the corners of boxes in the model's image; rows and columns have each their own scale, as rounding makes them differ.</summary>
    /// <returns>float [N, 2, 2]: top left, bottom right; each x, y.</returns>
    public Tensor Corners(IReadOnlyList<BoxPrompt> boxes, Device device)
    {
        using var scope = NewDisposeScope();
        return tensor(CornerValues(boxes), device: device).view(-1, 2, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Corners"/>
    public float[] CornerValues(IReadOnlyList<BoxPrompt> boxes)
    {
        var (x, y) = ((double)Columns / Width, (double)Rows / Height);
        return [.. boxes.SelectMany(box => new[] { box.XMin * x, box.YMin * y, box.XMax * x, box.YMax * y }).Select(value => (float)value)];
    }

    /// <summary>Brings the decoder's logits to the slice, by way of the model's image: two steps, as cutting first would move them.</summary>
    /// <param name="logits">[N, M, S / 4, S / 4].</param>
    /// <returns>[N, M, H, W].</returns>
    public Tensor Back(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var whole = functional.interpolate(logits, size: [Size, Size], mode: InterpolationMode.Bilinear, align_corners: false);
        var cut = whole.narrow(2, 0, Rows).narrow(3, 0, Columns);
        return functional.interpolate(cut, size: [Height, Width], mode: InterpolationMode.Bilinear, align_corners: false).MoveToOuterDisposeScope();
    }

    private static int Scaled(int side, int longest, int size) => (int)((Check.Positive(side) * ((double)size / longest)) + 0.5);
}
