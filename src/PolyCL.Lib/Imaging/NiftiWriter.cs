using System.Buffers.Binary;
using System.IO.Compression;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Writes volumes as .nii or .nii.gz: complete or not at all, voxels in their stored type, nothing rounded.</summary>
public static class NiftiWriter
{
    /// <summary>Writes a volume in its present axis order. The name decides: .nii is plain, .nii.gz compressed.</summary>
    /// <remarks>
    /// NIfTI-1, or NIfTI-2 when a size exceeds 32,767 or slope and intercept are no float32 numbers. The affine is written as sform, and as
    /// qform too when its axes are orthogonal; both codes stay 0 when the orientation is unknown.
    /// </remarks>
    /// <exception cref="ArgumentException">The name ends in neither .nii nor .nii.gz.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Volume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var compressed = CheckName(path);
        AtomicFile.Write(path, stream => WriteTo(stream, volume, compressed));
    }

    /// <summary>A volume's file for the check before long work.</summary>
    internal static OutputPath Output(string path) => new(path, null, false, ".nii", ".nii.gz");

    /// <summary>Checks a name; true when the file will be compressed.</summary>
    /// <exception cref="ArgumentException">The name ends in neither .nii nor .nii.gz.</exception>
    internal static bool CheckName(string path)
    {
        var compressed = Check.NotBlank(path).EndsWith(".nii.gz", StringComparison.OrdinalIgnoreCase);
        return compressed || path.EndsWith(".nii", StringComparison.OrdinalIgnoreCase)
            ? compressed
            : throw new ArgumentException($"{path}: a NIfTI file is named .nii or .nii.gz.", nameof(path));
    }

    internal static void WriteTo(Stream stream, Volume volume, bool compressed)
    {
        if (!compressed)
        {
            WriteTo(stream, volume);
            return;
        }

        using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        using var blocks = new BufferedStream(gzip, 1 << 18);
        WriteTo(blocks, volume);
    }

    private static void WriteTo(Stream stream, Volume volume)
    {
        stream.Write(Header(volume));
        var line = new byte[volume.Shape.X * (long)VoxelArray.BytesOf(volume.StoredType)];
        for (var z = 0; z < volume.Shape.Z; z++)
        {
            for (var y = 0; y < volume.Shape.Y; y++)
            {
                volume.CopyRawLine(y, z, line);
                stream.Write(line);
            }
        }
    }

    private static byte[] Header(Volume volume)
    {
        var shape = volume.Shape;
        var two = Math.Max(shape.X, Math.Max(shape.Y, shape.Z)) > short.MaxValue
            || (float)volume.Slope != volume.Slope || (float)volume.Intercept != volume.Intercept;
        var size = two ? NiftiHeaderParser.Size2 : NiftiHeaderParser.Size1;
        var bytes = new byte[size + 4];
        var quaternion = volume.OrientationKnown ? NiftiQuaternion.FromAffine(volume.Affine) : null;
        double[] pixdim =
        [
            quaternion?.Factor ?? 1, volume.Spacing.X, volume.Spacing.Y, volume.Spacing.Z, 1, 1, 1, 1,
        ];
        int[] dim = [3, shape.X, shape.Y, shape.Z, 1, 1, 1, 1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, size);
        (two ? "n+2\0\r\n\u001a\n"u8 : "n+1\0"u8).CopyTo(bytes.AsSpan(two ? 4 : 344));
        for (var i = 0; i < 8; i++)
        {
            if (two)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16 + (8 * i)), dim[i]);
            }
            else
            {
                BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(40 + (2 * i)), (short)dim[i]);
            }

            Real(bytes, two ? 104 + (8 * i) : 76 + (4 * i), pixdim[i], two);
        }

        Short(bytes, two ? 12 : 70, TypeCode(volume.StoredType));
        Short(bytes, two ? 14 : 72, (short)(8 * VoxelArray.BytesOf(volume.StoredType)));
        if (two)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(168), size + 4);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(500), 2);
        }
        else
        {
            Real(bytes, 108, size + 4, two);
            bytes[123] = 2; // mm
            bytes[38] = (byte)'r';
        }

        Real(bytes, two ? 176 : 112, volume.Slope, two);
        Real(bytes, two ? 184 : 116, volume.Intercept, two);
        if (!volume.OrientationKnown)
        {
            return bytes;
        }

        if (two)
        {
            bytes[344] = (byte)(quaternion is null ? 0 : 1);
            bytes[348] = 1;
        }
        else
        {
            Short(bytes, 252, (short)(quaternion is null ? 0 : 1));
            Short(bytes, 254, 1);
        }

        for (var i = 0; i < 3; i++)
        {
            Real(bytes, two ? 352 + (8 * i) : 256 + (4 * i), quaternion?.Vector[i] ?? 0, two);
            Real(bytes, two ? 376 + (8 * i) : 268 + (4 * i), volume.Affine[i, 3], two);
        }

        for (var i = 0; i < 12; i++)
        {
            Real(bytes, two ? 400 + (8 * i) : 280 + (4 * i), volume.Affine[i / 4, i % 4], two);
        }

        return bytes;
    }

    private static void Short(byte[] bytes, int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at), value);

    private static void Real(byte[] bytes, int at, double value, bool two)
    {
        if (two)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), (float)value);
        }
    }

    private static short TypeCode(VoxelType type) => type switch
    {
        VoxelType.UInt8 => 2,
        VoxelType.Int16 => 4,
        VoxelType.Int32 => 8,
        VoxelType.Float32 => 16,
        VoxelType.Float64 => 64,
        VoxelType.Int8 => 256,
        VoxelType.UInt16 => 512,
        VoxelType.UInt32 => 768,
        VoxelType.Int64 => 1024,
        _ => 1280,
    };
}
