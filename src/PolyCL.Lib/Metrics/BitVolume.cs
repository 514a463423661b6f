using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PolyCL.Core;

namespace PolyCL.Metrics;

/// <summary>A mask with one bit per voxel; every row (z, y) starts a new word, bits beyond the width are 0.</summary>
internal sealed class BitVolume
{
    private const int Bits = 64;
    private readonly ulong[] words;
    private readonly int firstRow;

    private BitVolume(ulong[] words, int firstRow, int slices, int height, int width)
    {
        this.words = words;
        this.firstRow = firstRow;
        Slices = slices;
        Height = height;
        Width = width;
        RowWords = (width + Bits - 1) / Bits;
    }

    public int Slices { get; }

    public int Height { get; }

    public int Width { get; }

    public int RowWords { get; }

    /// <summary>The voxels that are not 0.</summary>
    public static BitVolume FromMask(ReadOnlySpan<byte> mask, int slices, int height, int width)
    {
        var result = Empty(mask.Length, slices, height, width);
        for (var row = 0; row < slices * height; row++)
        {
            var source = mask.Slice(row * width, width);
            var target = result.words.AsSpan(row * result.RowWords, result.RowWords);
            var x = 0;
            for (; x <= width - Bits; x += Bits)
            {
                target[x / Bits] = ~(Zeros(source[x..]) | ((ulong)Zeros(source[(x + 32)..]) << 32));
            }

            for (; x < width; x++)
            {
                target[x / Bits] |= source[x] != 0 ? 1UL << (x % Bits) : 0;
            }
        }

        return result;
    }

    /// <summary>The voxels above a level, compared as the level is given, in double.</summary>
    public static BitVolume Above(ReadOnlySpan<float> values, double level, int slices, int height, int width)
    {
        var result = Empty(values.Length, slices, height, width);
        // A float exceeds the level exactly when it exceeds the largest float that does not.
        var bound = (float)level > level ? MathF.BitDecrement((float)level) : (float)level;
        var bounds = Vector256.Create(bound);
        for (var row = 0; row < slices * height; row++)
        {
            var source = values.Slice(row * width, width);
            var target = result.words.AsSpan(row * result.RowWords, result.RowWords);
            var x = 0;
            for (; x <= width - Vector256<float>.Count; x += Vector256<float>.Count)
            {
                ulong above = Vector256.GreaterThan(Vector256.Create(source[x..]), bounds).ExtractMostSignificantBits();
                target[x / Bits] |= above << (x % Bits);
            }

            for (; x < width; x++)
            {
                target[x / Bits] |= source[x] > bound ? 1UL << (x % Bits) : 0;
            }
        }

        return result;
    }

    /// <summary>Voxels of two masks of one shape.</summary>
    public static MaskCounts Count(BitVolume prediction, BitVolume truth)
    {
        ReadOnlySpan<ulong> a = prediction.All, b = truth.All;
        long inA = 0, inB = 0, inBoth = 0;
        for (var i = 0; i < a.Length; i++)
        {
            inA += BitOperations.PopCount(a[i]);
            inB += BitOperations.PopCount(b[i]);
            inBoth += BitOperations.PopCount(a[i] & b[i]);
        }

        return new MaskCounts(inA, inB, inBoth);
    }

    /// <summary>One slice, sharing the bits.</summary>
    public BitVolume Slice(int z) => new(words, firstRow + (z * Height), 1, Height, Width);

    /// <summary>The bits of one row.</summary>
    public ReadOnlySpan<ulong> Row(int z, int y) => words.AsSpan((firstRow + (z * Height) + y) * RowWords, RowWords);

    /// <summary>The mask without its erosion by the cross: voxels with a face neighbour outside the mask or the image.</summary>
    /// <param name="planar">Neighbours within the slice only (2-D).</param>
    public BitVolume Edge(bool planar)
    {
        var result = new BitVolume(new ulong[Slices * Height * RowWords], 0, Slices, Height, Width);
        ReadOnlySpan<ulong> none = new ulong[RowWords];
        for (var z = 0; z < Slices; z++)
        {
            for (var y = 0; y < Height; y++)
            {
                var row = Row(z, y);
                if (row.IndexOfAnyExcept(0UL) < 0)
                {
                    continue;
                }

                var up = y > 0 ? Row(z, y - 1) : none;
                var down = y + 1 < Height ? Row(z, y + 1) : none;
                var below = planar ? row : z > 0 ? Row(z - 1, y) : none;
                var above = planar ? row : z + 1 < Slices ? Row(z + 1, y) : none;
                var target = result.words.AsSpan(((z * Height) + y) * RowWords, RowWords);
                for (var i = 0; i < row.Length; i++)
                {
                    var left = (row[i] << 1) | (i > 0 ? row[i - 1] >> 63 : 0);
                    var right = (row[i] >> 1) | (i + 1 < row.Length ? row[i + 1] << 63 : 0);
                    target[i] = row[i] & ~(left & right & up[i] & down[i] & below[i] & above[i]);
                }
            }
        }

        return result;
    }

    private ReadOnlySpan<ulong> All => words.AsSpan(firstRow * RowWords, Slices * Height * RowWords);

    private static BitVolume Empty(int length, int slices, int height, int width)
    {
        var needed = (long)Check.Positive(slices) * Check.Positive(height) * Check.Positive(width);
        return length == needed
            ? new BitVolume(new ulong[slices * height * ((width + Bits - 1) / Bits)], 0, slices, height, width)
            : throw new ArgumentException($"A mask of {slices}×{height}×{width} (slices, rows, columns) has {needed} voxels; {length} were given.");
    }

    private static uint Zeros(ReadOnlySpan<byte> bytes) =>
        Vector256.Equals(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(bytes)), Vector256<byte>.Zero).ExtractMostSignificantBits();
}
