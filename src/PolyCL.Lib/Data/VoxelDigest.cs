using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>Digest and range of a scan's voxels as whole HU, independent of axis order, stored type and scaling.</summary>
/// <param name="Hash">SHA-256 over the shape and all voxels in L, P, S order, x fastest, as 16-bit whole numbers.</param>
/// <param name="Minimum">Smallest finite value as whole HU, or null without one.</param>
/// <param name="Maximum">Largest finite value as whole HU, or null without one.</param>
/// <remarks>Values beyond ±32767 count as ±32767, what is not a number as −32768.</remarks>
internal sealed record VoxelDigest(string Hash, int? Minimum, int? Maximum)
{
    private const short NotANumber = short.MinValue;

    /// <summary>What a user should know of the values, one phrase each; see <see cref="HuVolume.Notes"/>.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Digest of a volume, reordered by its own affine; <paramref name="histogram"/> (65,536 long) counts values when given.</summary>
    public static VoxelDigest Of(Volume volume, Span<long> histogram = default, CancellationToken token = default) =>
        OfView(volume.Reorient(Orientation.Lps), histogram, token);

    /// <summary>Digest of a volume in the order in which it stands.</summary>
    public static VoxelDigest OfView(Volume view, Span<long> histogram = default, CancellationToken token = default)
    {
        var shape = view.Shape;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Bytes([shape.X, shape.Y, shape.Z]));
        var whole = new short[shape.X * shape.Y];
        var values = view is { StoredType: VoxelType.Int16, Slope: 1, Intercept: 0 } ? [] : new double[whole.Length];
        short low = short.MaxValue, high = NotANumber;
        for (var z = 0; z < shape.Z; z++)
        {
            token.ThrowIfCancellationRequested();
            if (values.Length == 0)
            {
                view.CopySlice(z, whole);
            }
            else
            {
                view.CopySlice(z, values);
                Round(values, whole);
            }

            Widen(whole, ref low, ref high);
            if (!BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(whole, whole);
            }

            hash.AppendData(MemoryMarshal.AsBytes(whole.AsSpan()));
            Count(whole, histogram);
        }

        return new VoxelDigest(
            Convert.ToHexStringLower(hash.GetHashAndReset()), high > NotANumber ? low : null, high > NotANumber ? high : null);
    }

    /// <summary>The nearest whole number, halves to even; the clamp keeps −32768 for what is not a number.</summary>
    private static void Round(ReadOnlySpan<double> values, Span<short> whole)
    {
        for (var i = 0; i < whole.Length; i++)
        {
            var value = Math.Round(values[i]);
            whole[i] = double.IsNaN(value) ? NotANumber : (short)Math.Clamp(value, -short.MaxValue, short.MaxValue);
        }
    }

    private static void Widen(ReadOnlySpan<short> whole, ref short low, ref short high)
    {
        var i = 0;
        if (whole.Length >= Vector<short>.Count)
        {
            var skipped = new Vector<short>(NotANumber);
            var lows = new Vector<short>(low);
            var highs = new Vector<short>(high);
            for (; i <= whole.Length - Vector<short>.Count; i += Vector<short>.Count)
            {
                var values = new Vector<short>(whole[i..]);
                highs = Vector.Max(highs, values);
                lows = Vector.Min(lows, Vector.ConditionalSelect(Vector.Equals(values, skipped), lows, values));
            }

            for (var lane = 0; lane < Vector<short>.Count; lane++)
            {
                low = Math.Min(low, lows[lane]);
                high = Math.Max(high, highs[lane]);
            }
        }

        for (; i < whole.Length; i++)
        {
            high = Math.Max(high, whole[i]);
            low = whole[i] == NotANumber ? low : Math.Min(low, whole[i]);
        }
    }

    private static void Count(ReadOnlySpan<short> whole, Span<long> histogram)
    {
        if (histogram.IsEmpty)
        {
            return;
        }

        foreach (var value in whole)
        {
            histogram[value - short.MinValue]++;
        }
    }

    private static byte[] Bytes(ReadOnlySpan<int> numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(int)];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), numbers[i]);
        }

        return bytes;
    }
}
