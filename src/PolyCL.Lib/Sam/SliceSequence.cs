using PolyCL.Core;
using PolyCL.Sam.Modules;

namespace PolyCL.Sam;

/// <summary>Writes one slice as grey levels, row by row.</summary>
/// <param name="slice">Its number in the sequence.</param>
/// <param name="pixels">[Height · Width], to be filled.</param>
public delegate void SliceReader(int slice, Span<byte> pixels);

/// <summary>Writes one slice as shares of a window, row by row.</summary>
/// <param name="slice">Its number in the sequence.</param>
/// <param name="shares">[Height · Width], to be filled; 0 to 1.</param>
public delegate void ShareReader(int slice, Span<float> shares);

/// <summary>A sequence of slices of one scan as grey levels; a slice is asked for when its turn comes, and not kept.</summary>
/// <param name="count">Slices.</param>
/// <param name="height">Rows of each.</param>
/// <param name="width">Columns of each.</param>
/// <param name="reader">Gives a slice.</param>
/// <exception cref="ArgumentOutOfRangeException">A size is not above 0.</exception>
public sealed class SliceSequence(int count, int height, int width, SliceReader reader)
{
    private readonly SliceReader reader = reader ?? throw new ArgumentNullException(nameof(reader));

    /// <summary>Slices.</summary>
    public int Count { get; } = Check.Positive(count);

    /// <summary>Rows of each slice.</summary>
    public int Height { get; } = Check.Positive(height);

    /// <summary>Columns of each slice.</summary>
    public int Width { get; } = Check.Positive(width);

    /// <summary>A sequence over an array, [count · height · width]; the array is not copied.</summary>
    /// <exception cref="ArgumentException">The array has another length.</exception>
    public static SliceSequence Of(byte[] pixels, int count, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var area = (long)Check.Positive(height) * Check.Positive(width);
        return pixels.LongLength == Check.Positive(count) * area
            ? new SliceSequence(count, height, width, (slice, target) => pixels.AsSpan(checked((int)(slice * area)), (int)area).CopyTo(target))
            : throw new ArgumentException($"{count} slices of {height}×{width} have {count * area} pixels; {pixels.LongLength} were given.", nameof(pixels));
    }

    /// <summary>A sequence over shares of a window, as prepared slices hold them.</summary>
    /// <param name="count">Slices.</param>
    /// <param name="height">Rows of each.</param>
    /// <param name="width">Columns of each.</param>
    /// <param name="stretch">True stretches each slice from its least to its largest value, as the paper words it (§3.3.2); a constant slice becomes 0.</param>
    /// <param name="reader">Gives a slice.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not above 0.</exception>
    public static SliceSequence OfShares(int count, int height, int width, bool stretch, ShareReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var shares = new float[Check.Positive(height) * Check.Positive(width)];
        return new SliceSequence(count, height, width, (slice, pixels) =>
        {
            reader(slice, shares);
            if (stretch)
            {
                Stretch(shares);
            }

            SamImage.GreyLevels(shares).CopyTo(pixels);
        });
    }

    /// <summary>Fills <paramref name="pixels"/>, [Height · Width], with a slice.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    public void Read(int slice, Span<byte> pixels) => reader(Check.InRange(slice, 0, Count - 1), pixels[..(Height * Width)]);

    /// <summary>Least value to 0, largest to 1; a constant slice to 0.</summary>
    private static void Stretch(Span<float> shares)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var share in shares)
        {
            (low, high) = (MathF.Min(low, share), MathF.Max(high, share));
        }

        foreach (ref var share in shares)
        {
            share = high > low ? (share - low) / (high - low) : 0;
        }
    }
}
