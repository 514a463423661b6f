using System.Numerics;

namespace PolyCL.Imaging;

/// <summary>Voxels in their stored type, with access as numbers scaled by slope and intercept.</summary>
internal abstract class VoxelArray
{
    public abstract VoxelType Type { get; }

    public abstract long Length { get; }

    /// <summary>The unscaled value in double.</summary>
    public abstract double Raw(long index);

    /// <summary>Puts a scaled value in place of what is not finite when scaled; returns how many voxels that were.</summary>
    public abstract long ReplaceNonFinite(double slope, double inter, double value);

    /// <summary>Writes <paramref name="count"/> voxels from <paramref name="start"/> on, every <paramref name="stride"/>-th, scaled in double, to every
    /// <paramref name="destinationStride"/>-th place.</summary>
    public abstract void Copy<TOut>(long start, long stride, int count, double slope, double inter, Span<TOut> destination, int destinationStride)
        where TOut : unmanaged, INumberBase<TOut>;

    /// <summary>Writes a run of voxels unscaled and little-endian.</summary>
    public abstract void CopyRaw(long start, long stride, Span<byte> destination);

    /// <summary>Counts every value, scaled, by runs of equal ones.</summary>
    public abstract void Count(double slope, double inter, LabelCount count);

    /// <summary>1 where a scaled value is asked for, else 0; the question is put once for each run of equal values.</summary>
    public abstract byte[] Select(double slope, double inter, Func<double, bool> isIn);

    public static VoxelType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(byte) ? VoxelType.UInt8
        : typeof(T) == typeof(sbyte) ? VoxelType.Int8
        : typeof(T) == typeof(short) ? VoxelType.Int16
        : typeof(T) == typeof(ushort) ? VoxelType.UInt16
        : typeof(T) == typeof(int) ? VoxelType.Int32
        : typeof(T) == typeof(uint) ? VoxelType.UInt32
        : typeof(T) == typeof(long) ? VoxelType.Int64
        : typeof(T) == typeof(ulong) ? VoxelType.UInt64
        : typeof(T) == typeof(float) ? VoxelType.Float32
        : typeof(T) == typeof(double) ? VoxelType.Float64
        : throw new ArgumentException($"Voxels of type {typeof(T).Name} are not supported; use an integer of 8 to 64 bits, float or double.");

    public static int BytesOf(VoxelType type) => type switch
    {
        VoxelType.UInt8 or VoxelType.Int8 => 1,
        VoxelType.Int16 or VoxelType.UInt16 => 2,
        VoxelType.Int32 or VoxelType.UInt32 or VoxelType.Float32 => 4,
        _ => 8,
    };
}

/// <summary>The array for one stored type.</summary>
internal sealed class VoxelArray<T>(T[] voxels) : VoxelArray
    where T : unmanaged, INumberBase<T>
{
    public override VoxelType Type { get; } = TypeOf<T>();

    public override long Length => voxels.LongLength;

    public override double Raw(long index) => double.CreateTruncating(voxels[index]);

    public override long ReplaceNonFinite(double slope, double inter, double value)
    {
        var stored = T.CreateTruncating((value - inter) / slope);
        var count = 0L;

        // Scaled whole numbers are finite.
        foreach (ref var voxel in Type is VoxelType.Float32 or VoxelType.Float64 ? voxels.AsSpan() : [])
        {
            if (!double.IsFinite((double.CreateTruncating(voxel) * slope) + inter))
            {
                voxel = stored;
                count++;
            }
        }

        return count;
    }

    public override void Copy<TOut>(
        long start, long stride, int count, double slope, double inter, Span<TOut> destination, int destinationStride)
    {
        var scaled = slope != 1 || inter != 0;
        if (stride == 1 && destinationStride == 1)
        {
            var source = voxels.AsSpan(checked((int)start), count);
            var target = destination[..count];
            if (!scaled)
            {
                if (typeof(TOut) == typeof(T))
                {
                    System.Runtime.InteropServices.MemoryMarshal.Cast<T, TOut>(source).CopyTo(target);
                    return;
                }

                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = TOut.CreateTruncating(source[i]);
                }

                return;
            }

            for (var i = 0; i < target.Length; i++)
            {
                target[i] = TOut.CreateTruncating((double.CreateTruncating(source[i]) * slope) + inter);
            }

            return;
        }

        for (var i = 0; i < count; i++, start += stride)
        {
            destination[i * destinationStride] = scaled
                ? TOut.CreateTruncating((double.CreateTruncating(voxels[start]) * slope) + inter)
                : TOut.CreateTruncating(voxels[start]);
        }
    }

    public override void CopyRaw(long start, long stride, Span<byte> destination)
    {
        var target = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(destination);
        for (var i = 0; i < target.Length; i++, start += stride)
        {
            target[i] = voxels[start];
        }

        if (!BitConverter.IsLittleEndian)
        {
            Endian.Swap(target);
        }
    }

    public override void Count(double slope, double inter, LabelCount count)
    {
        for (int start = 0, length; start < voxels.Length; start += length)
        {
            length = RunFrom(start);
            count.Add((double.CreateTruncating(voxels[start]) * slope) + inter, length);
        }
    }

    public override byte[] Select(double slope, double inter, Func<double, bool> isIn)
    {
        var result = new byte[voxels.Length];
        for (int start = 0, length; start < voxels.Length; start += length)
        {
            length = RunFrom(start);
            if (isIn((double.CreateTruncating(voxels[start]) * slope) + inter))
            {
                result.AsSpan(start, length).Fill(1);
            }
        }

        return result;
    }

    private int RunFrom(int start)
    {
        var length = voxels.AsSpan(start).IndexOfAnyExcept(voxels[start]);
        return length < 0 ? voxels.Length - start : length;
    }
}
