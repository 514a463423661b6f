using System.Numerics;

namespace PolyCL.Data;

/// <summary>How a store keeps pixels in 16 bits and masks in one.</summary>
/// <remarks>
/// Pixels are fixed-point over the window's range: code / 65535, so the error is at most range·2⁻¹⁷ everywhere, 32 times less than a 16-bit
/// float near 1, and 0 and 1 are exact. The authors' fine-tuning pixels are 16-bit floats by definition and kept as such.
/// </remarks>
internal sealed class PixelCode
{
    private const float Steps = ushort.MaxValue;
    private readonly bool half;
    private readonly float low;
    private readonly float range;

    public PixelCode(PrepareOptions options)
    {
        half = options.Intensity == Intensity.AuthorsFineTuning;
        var (first, last) = SlicePipeline.ValueRange(options);
        (low, range) = ((float)first, (float)(last - first));
    }

    /// <summary>The name in a store's header.</summary>
    public string Name => half ? "half" : "fixed16";

    /// <summary>Bytes of one mask.</summary>
    public static int MaskBytes(int pixels) => (pixels + 7) / 8;

    /// <summary>Codes of what <see cref="SlicePipeline.Shares"/> gives.</summary>
    public void Encode(ReadOnlySpan<float> shares, Span<ushort> codes)
    {
        if (half)
        {
            for (var i = 0; i < shares.Length; i++)
            {
                codes[i] = BitConverter.HalfToUInt16Bits(SlicePipeline.WholeHuPixel(shares[i]));
            }

            return;
        }

        for (var i = 0; i < shares.Length; i++)
        {
            // Rounding of the resize may leave [0, 1] by 1e-7.
            codes[i] = (ushort)((Math.Clamp(shares[i], 0f, 1f) * Steps) + 0.5f);
        }
    }

    public void Decode(ReadOnlySpan<ushort> codes, Span<float> pixels)
    {
        if (half)
        {
            for (var i = 0; i < codes.Length; i++)
            {
                pixels[i] = (float)BitConverter.UInt16BitsToHalf(codes[i]);
            }

            return;
        }

        var start = 0;
        var steps = new Vector<float>(Steps);
        var (lows, ranges) = (new Vector<float>(low), new Vector<float>(range));
        for (; start <= codes.Length - Vector<ushort>.Count; start += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(codes[start..]), out var first, out var second);
            (lows + (Vector.ConvertToSingle(first) / steps * ranges)).CopyTo(pixels[start..]);
            (lows + (Vector.ConvertToSingle(second) / steps * ranges)).CopyTo(pixels[(start + Vector<float>.Count)..]);
        }

        for (; start < codes.Length; start++)
        {
            pixels[start] = low + (codes[start] / Steps * range);
        }
    }

    /// <summary>Eight pixels a byte, the first in the lowest bit.</summary>
    public static void Pack(ReadOnlySpan<byte> mask, Span<byte> bits)
    {
        bits.Clear();
        for (var i = 0; i < mask.Length; i++)
        {
            bits[i >> 3] |= (byte)(mask[i] << (i & 7));
        }
    }

    public static void Unpack(ReadOnlySpan<byte> bits, Span<byte> mask)
    {
        var whole = mask.Length / 8;
        for (var i = 0; i < whole; i++)
        {
            // Copy the byte eight times, keep another bit in each copy, turn what is not 0 into 1.
            var spread = (bits[i] * 0x0101010101010101UL) & 0x8040201008040201UL;
            spread = ((spread + 0x7F7F7F7F7F7F7F7FUL) >> 7) & 0x0101010101010101UL;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(mask[(i * 8)..], spread);
        }

        for (var i = whole * 8; i < mask.Length; i++)
        {
            mask[i] = (byte)((bits[i >> 3] >> (i & 7)) & 1);
        }
    }
}
