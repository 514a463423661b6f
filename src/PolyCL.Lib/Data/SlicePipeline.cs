using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>Makes one network slice from a volume: window, resize, intensity; and one mask from a label. Used by the store and for single scans.</summary>
/// <remarks>Holds buffers: use one per thread.</remarks>
public sealed class SlicePipeline(PrepareOptions options)
{
    // The extremes of the whole LiTS set that the authors' script normalises with.
    private const double AuthorsLow = -3055;
    private const double AuthorsHigh = 5811;
    private float[] full = [];
    private float[] between = [];
    private byte[] mask = [];

    /// <summary>The settings.</summary>
    public PrepareOptions Options { get; } = options ?? throw new ArgumentNullException(nameof(options));

    /// <summary>Pixel values at the window's ends: 0 and 1, or the authors' 0.3265 and 0.3716.</summary>
    public static (double Low, double High) ValueRange(PrepareOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Intensity == Intensity.Window ? (0, 1) : (AuthorsShare(options.Window.Low), AuthorsShare(options.Window.High));
    }

    /// <summary>The volume as it is sliced: X columns, Y rows, Z slices.</summary>
    public static Volume View(Volume volume, SliceOrder order)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return order == SliceOrder.Canonical ? volume.Reorient(Orientation.Lps) : volume.TransposeInPlane();
    }

    /// <summary>Slice <paramref name="z"/> of a <see cref="View"/> as the network sees it, [Size·Size], row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void Pixels(Volume view, int z, Span<float> destination)
    {
        Shares(view, z, destination);
        if (Options.Intensity == Intensity.Window)
        {
            return;
        }

        var (low, high) = ValueRange(Options);
        var whole = Options.Intensity == Intensity.AuthorsFineTuning;
        foreach (ref var pixel in destination[..(Options.Size * Options.Size)])
        {
            pixel = whole ? (float)WholeHuPixel(pixel) : (float)(low + (pixel * (high - low)));
        }
    }

    /// <summary>The organ in slice <paramref name="z"/> of a label's <see cref="View"/>, [Size·Size] of 0 and 1; returns its pixels at full size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int Mask(Volume view, int z, OrganRule rule, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(view);
        var count = FullMask(view, z, rule, out var fullSize);
        SliceResize.NearestExact(fullSize, view.Shape.Y, view.Shape.X, destination, Options.Size, Options.Size);
        return count;
    }

    /// <summary>The organ at full size; the span is valid until the next call.</summary>
    internal int FullMask(Volume view, int z, OrganRule rule, out ReadOnlySpan<byte> fullSize)
    {
        Reserve(view);
        fullSize = mask;
        if (view is { StoredType: VoxelType.UInt8, Slope: 1, Intercept: 0 })
        {
            view.CopySlice(z, mask);
            return rule.Apply(mask);
        }

        view.CopySlice(z, full);
        return rule.Apply(full, mask);
    }

    /// <summary>The resized slice as shares of the window, 0 to 1; for whole HU as HU.</summary>
    internal void Shares(Volume view, int z, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(view);
        Reserve(view);
        view.CopySlice(z, full);
        if (Options.Intensity == Intensity.AuthorsFineTuning)
        {
            WholeHu(view.Shape.Y, view.Shape.X, destination);
            return;
        }

        Options.Window.Apply(full);
        SliceResize.Bilinear(full, view.Shape.Y, view.Shape.X, destination, Options.Size, Options.Size, Options.Antialias);
    }

    /// <summary>The authors' fine-tuning pixel of a whole HU value: every step in 16-bit floats, so 3055 counts as 3056 and 8866 as 8864.</summary>
    internal static Half WholeHuPixel(float hu) => ((Half)hu - (Half)AuthorsLow) / (Half)(AuthorsHigh - AuthorsLow);

    private static double AuthorsShare(double hu) => (hu - AuthorsLow) / (AuthorsHigh - AuthorsLow);

    /// <summary>Clip, cut to whole HU, resize along the rows, round, resize along the columns, round: Pillow's resize of a whole-number image.</summary>
    private void WholeHu(int height, int width, Span<float> destination)
    {
        float low = (float)Options.Window.Low, high = (float)Options.Window.High;
        foreach (ref var value in full.AsSpan())
        {
            value = float.IsNaN(value) ? low : MathF.Truncate(Math.Clamp(value, low, high));
        }

        var size = Options.Size;
        var half = between.AsSpan(0, height * size);
        SliceResize.Bilinear(full, height, width, half, height, size, Options.Antialias);
        Round(half);
        SliceResize.Bilinear(half, height, size, destination, size, size, Options.Antialias);
        Round(destination[..(size * size)]);
    }

    private static void Round(Span<float> values)
    {
        foreach (ref var value in values)
        {
            value = MathF.Round(value, MidpointRounding.AwayFromZero);
        }
    }

    private void Reserve(Volume view)
    {
        var pixels = view.Shape.X * view.Shape.Y;
        if (full.Length != pixels)
        {
            full = new float[pixels];
            mask = new byte[pixels];
            between = new float[view.Shape.Y * Options.Size];
        }
    }
}
