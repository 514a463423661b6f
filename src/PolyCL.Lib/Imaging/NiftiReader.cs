using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Reads NIfTI-1 and NIfTI-2 files: .nii, .nii.gz, pairs .hdr + .img (opened by either name), both byte orders, all scalar types.</summary>
/// <remarks>
/// A gzip file is inflated once, straight into the voxel array, and its checksum is compared. A header that claims more than the file can
/// hold is refused before anything is allocated. Every unreadable file ends in a <see cref="ScanFormatException"/>.
/// </remarks>
public static class NiftiReader
{
    private const int BlockBytes = 1 << 18;

    /// <summary>Reads a three-dimensional volume; trailing dimensions of size 1 are dropped, missing ones count 1.</summary>
    /// <exception cref="ScanFormatException">The file is no readable NIfTI, has a true fourth dimension, or exceeds the limit.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Volume Read(string path, NiftiReadOptions? options = null)
    {
        options ??= NiftiReadOptions.Default;
        using var source = Open(path, options, out var header);
        var shape = SpatialShape(header);
        CheckSize(source, header, options.MaximumBytes);
        source.SkipTo(header.VoxelOffset);
        VoxelArray voxels = header.StoredType switch
        {
            VoxelType.UInt8 => ReadVoxels<byte>(source, header),
            VoxelType.Int8 => ReadVoxels<sbyte>(source, header),
            VoxelType.Int16 => ReadVoxels<short>(source, header),
            VoxelType.UInt16 => ReadVoxels<ushort>(source, header),
            VoxelType.Int32 => ReadVoxels<int>(source, header),
            VoxelType.UInt32 => ReadVoxels<uint>(source, header),
            VoxelType.Int64 => ReadVoxels<long>(source, header),
            VoxelType.UInt64 => ReadVoxels<ulong>(source, header),
            VoxelType.Float32 => ReadVoxels<float>(source, header),
            _ => ReadVoxels<double>(source, header),
        };
        source.CheckEnd();
        return new Volume(voxels, shape, header.Affine, header.OrientationKnown, header.Slope, header.Intercept) { Notes = header.Notes };
    }

    /// <summary>Reads and checks the header only; any number of dimensions.</summary>
    /// <exception cref="ScanFormatException">The file is no readable NIfTI.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static NiftiHeader ReadHeader(string path, NiftiReadOptions? options = null)
    {
        using var source = Open(path, options ?? NiftiReadOptions.Default, out var header);
        return header;
    }

    /// <summary>Streams through all scaled voxels, in any number of dimensions, in constant memory.</summary>
    /// <exception cref="ScanFormatException">The file is no readable NIfTI.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static VoxelSummary Summarize(string path, out NiftiHeader header, NiftiReadOptions? options = null)
    {
        using var source = Open(path, options ?? NiftiReadOptions.Default, out header);
        CheckSize(source, header, long.MaxValue);
        source.SkipTo(header.VoxelOffset);
        var summary = header.StoredType switch
        {
            VoxelType.UInt8 => Summarize<byte>(source, header),
            VoxelType.Int8 => Summarize<sbyte>(source, header),
            VoxelType.Int16 => Summarize<short>(source, header),
            VoxelType.UInt16 => Summarize<ushort>(source, header),
            VoxelType.Int32 => Summarize<int>(source, header),
            VoxelType.UInt32 => Summarize<uint>(source, header),
            VoxelType.Int64 => Summarize<long>(source, header),
            VoxelType.UInt64 => Summarize<ulong>(source, header),
            VoxelType.Float32 => Summarize<float>(source, header),
            _ => Summarize<double>(source, header),
        };
        source.CheckEnd();
        return summary;
    }

    /// <summary>Opens the voxel file at an unspecified place behind the header, with the header parsed.</summary>
    private static NiftiSource Open(string path, NiftiReadOptions options, out NiftiHeader header)
    {
        var (headerPath, dataPath) = NiftiPaths.Resolve(path);
        var source = NiftiSource.Open(headerPath);
        try
        {
            Span<byte> bytes = stackalloc byte[NiftiHeaderParser.Size2];
            var first = bytes[..NiftiHeaderParser.Size1];
            var count = source.Fill(first);
            var size = count < 4 ? 0 : NiftiHeaderParser.SizeOf(first, out _);
            if (size == 0)
            {
                throw NiftiPaths.NotNifti(headerPath, first[..count], source.Compressed);
            }

            if (size == NiftiHeaderParser.Size2 && count == first.Length)
            {
                count += source.Fill(bytes[count..]);
            }

            if (count < size)
            {
                throw new ScanFormatException(headerPath, "header", $"the file ends after {count} of {size} header bytes; copy it again.");
            }

            NiftiHeaderParser.SizeOf(first, out var bigEndian);
            var parser = new NiftiHeaderParser(headerPath, bytes[..size], bigEndian);
            if (dataPath == headerPath)
            {
                header = parser.Parse(dataPath, source.Compressed, options);
                return source;
            }

            var data = NiftiSource.Open(dataPath);
            source.Dispose();
            source = data;
            header = parser.Parse(dataPath, data.Compressed, options);
            return data;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    internal static VolumeShape SpatialShape(NiftiHeader header)
    {
        for (var i = 3; i < header.Dimensions.Count; i++)
        {
            if (header.Dimensions[i] > 1)
            {
                throw new ScanFormatException(
                    header.Path, $"dim[{i + 1}]", $"a file of {string.Join('×', header.Dimensions)} holds more than one volume; split it and give one volume.");
            }
        }

        Span<int> sizes = [1, 1, 1];
        for (var i = 0; i < Math.Min(3, header.Dimensions.Count); i++)
        {
            sizes[i] = header.Dimensions[i] <= int.MaxValue
                ? (int)header.Dimensions[i]
                : throw new ScanFormatException(header.Path, $"dim[{i + 1}]", $"{header.Dimensions[i]} voxels along one axis are too many; the header is damaged.");
        }

        return new VolumeShape(sizes[0], sizes[1], sizes[2]);
    }

    /// <summary>Compares the header's claim with what the file can hold and with the limit, in 128 bits, before anything is allocated.</summary>
    private static void CheckSize(NiftiSource source, NiftiHeader header, long limit)
    {
        var bytes = (UInt128)VoxelArray.BytesOf(header.StoredType);
        var most = source.Capacity;
        foreach (var size in header.Dimensions)
        {
            // At most capacity × 2^63 in every step: 128 bits hold it for every file below 2^54 bytes.
            bytes *= (ulong)size;
            if (bytes > most)
            {
                break;
            }
        }

        if (bytes + (ulong)header.VoxelOffset > most)
        {
            throw new ScanFormatException(
                header.DataPath, "voxels", $"the header claims {string.Join('×', header.Dimensions)} voxels, more than the file can hold; it is cut short or the header is damaged.");
        }

        if (bytes > (ulong)limit || bytes / (uint)VoxelArray.BytesOf(header.StoredType) > (ulong)Array.MaxLength)
        {
            throw new ScanFormatException(
                header.DataPath, "voxels", $"{bytes} bytes of voxels exceed the limit of {limit} bytes or 2^31 voxels; raise the limit or crop the scan.");
        }
    }

    private static VoxelArray<T> ReadVoxels<T>(NiftiSource source, NiftiHeader header)
        where T : unmanaged, INumberBase<T>
    {
        T[] voxels;
        try
        {
            // Not cleared: pages are first touched when data arrive, so a claim without data costs no memory.
            voxels = GC.AllocateUninitializedArray<T>((int)header.VoxelCount);
        }
        catch (OutOfMemoryException e)
        {
            throw new ScanFormatException(
                header.DataPath, "voxels", $"{header.VoxelCount} voxels of type {header.StoredType} do not fit into memory; crop the scan or use a larger machine.", e);
        }

        var block = BlockBytes / Unsafe.SizeOf<T>();
        for (var start = 0; start < voxels.Length; start += block)
        {
            ReadBlock(source, header, voxels.AsSpan(start, Math.Min(block, voxels.Length - start)), start);
            if (start > int.MaxValue - block)
            {
                break;
            }
        }

        return new VoxelArray<T>(voxels);
    }

    private static VoxelSummary Summarize<T>(NiftiSource source, NiftiHeader header)
        where T : unmanaged, INumberBase<T>
    {
        var buffer = new T[BlockBytes / Unsafe.SizeOf<T>()];
        var first = new List<double>(8);
        long finite = 0;
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity, sum = 0;
        var total = header.VoxelCount;
        for (long start = 0; start < total; start += buffer.Length)
        {
            var block = buffer.AsSpan(0, (int)Math.Min(buffer.Length, total - start));
            ReadBlock(source, header, block, start);
            foreach (var voxel in block)
            {
                var value = (double.CreateTruncating(voxel) * header.Slope) + header.Intercept;
                if (first.Count < 8)
                {
                    first.Add(value);
                }

                if (double.IsFinite(value))
                {
                    finite++;
                    sum += value;
                    minimum = value < minimum ? value : minimum;
                    maximum = value > maximum ? value : maximum;
                }
            }
        }

        return new VoxelSummary
        {
            FiniteCount = finite,
            Minimum = finite > 0 ? minimum : null,
            Maximum = finite > 0 ? maximum : null,
            Sum = sum,
            First = first,
        };
    }

    private static void ReadBlock<T>(NiftiSource source, NiftiHeader header, Span<T> block, long start)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(block);
        var count = source.Fill(bytes);
        if (count < bytes.Length)
        {
            throw new ScanFormatException(
                header.DataPath, "voxels", $"the data end after {start + (count / Unsafe.SizeOf<T>())} of {header.VoxelCount} voxels; the file is cut short, copy it again.");
        }

        if (header.BigEndian == BitConverter.IsLittleEndian)
        {
            Endian.Swap(block);
        }
    }
}
