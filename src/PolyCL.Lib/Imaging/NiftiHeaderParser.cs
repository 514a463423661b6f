using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>Turns header bytes into a checked <see cref="NiftiHeader"/>. Layouts: nifti1.h and nifti2.h (NIfTI Data Format Working Group).</summary>
internal readonly ref struct NiftiHeaderParser
{
    public const int Size1 = 348;
    public const int Size2 = 540;
    private readonly string path;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly bool big;
    private readonly bool two;

    public NiftiHeaderParser(string path, ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        this.path = path;
        this.bytes = bytes;
        big = bigEndian;
        two = bytes.Length == Size2;
    }

    /// <summary>Header size told by its first four bytes (0 when neither version), and the byte order.</summary>
    public static int SizeOf(ReadOnlySpan<byte> firstFour, out bool bigEndian)
    {
        bigEndian = BinaryPrimitives.ReadInt32BigEndian(firstFour) is Size1 or Size2;
        var size = bigEndian ? BinaryPrimitives.ReadInt32BigEndian(firstFour) : BinaryPrimitives.ReadInt32LittleEndian(firstFour);
        return size is Size1 or Size2 ? size : 0;
    }

    public NiftiHeader Parse(string dataPath, bool compressed, NiftiReadOptions options)
    {
        var pair = dataPath != path;
        CheckMagic(pair);
        var dimensions = Dimensions();
        var sizes = new double[8];
        for (var i = 0; i < 8; i++)
        {
            sizes[i] = two ? F64(104 + (8 * i)) : F32(76 + (4 * i));
        }

        var type = StoredType();
        var (slope, intercept) = Scaling();
        int qform = two ? I32(344) : I16(252), sform = two ? I32(348) : I16(254);
        var geometry = Geometry(qform, sform, sizes, dimensions);
        var notes = new List<string>();
        var affine = geometry.Resolve(path, options, notes, out var known);
        return new NiftiHeader
        {
            Path = path,
            DataPath = dataPath,
            Version = two ? 2 : 1,
            BigEndian = big,
            Compressed = compressed,
            Dimensions = dimensions,
            StoredType = type,
            PixelSizes = sizes[1..(dimensions.Length + 1)],
            Unit = geometry.Unit,
            Notes = notes,
            QFormCode = qform,
            SFormCode = sform,
            Affine = affine,
            OrientationKnown = known,
            Slope = slope,
            Intercept = intercept,
            VoxelOffset = VoxelOffset(pair),
        };
    }

    private void CheckMagic(bool pair)
    {
        var magic = bytes.Slice(two ? 4 : 344, two ? 8 : 4);
        var single = two ? "n+2\0\r\n\u001a\n"u8 : "n+1\0"u8;
        var apart = two ? "ni2\0\r\n\u001a\n"u8 : "ni1\0"u8;
        if (magic.SequenceEqual(pair ? apart : single))
        {
            return;
        }

        if (magic.SequenceEqual(pair ? single : apart))
        {
            throw Bad("magic", pair
                ? "the header says that the voxels are in the same file, but its name is that of a pair; rename it to .nii."
                : "the header says that the voxels are in a separate .img file; rename it to .hdr and put the .img beside it.");
        }

        throw Bad("magic", magic.IndexOfAnyExcept((byte)0) < 0
            ? "no NIfTI magic (an ANALYZE 7.5 header?); convert the file to NIfTI."
            : $"'{Printable(magic)}' is not a NIfTI magic; the file is damaged or of another kind.");
    }

    private long[] Dimensions()
    {
        var count = two ? I64(16) : I16(40);
        if (count is < 1 or > 7)
        {
            throw Bad("dim[0]", $"{count} dimensions; 1 to 7 are possible. The header is damaged.");
        }

        var result = new long[count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = two ? I64(16 + (8 * (i + 1))) : I16(40 + (2 * (i + 1)));
            if (result[i] < 1)
            {
                throw Bad($"dim[{i + 1}]", $"the size is {result[i]}; it must be 1 or more. The header is damaged.");
            }
        }

        return result;
    }

    private VoxelType StoredType()
    {
        var code = two ? I16(12) : I16(70);
        return code switch
        {
            2 => VoxelType.UInt8,
            4 => VoxelType.Int16,
            8 => VoxelType.Int32,
            16 => VoxelType.Float32,
            64 => VoxelType.Float64,
            256 => VoxelType.Int8,
            512 => VoxelType.UInt16,
            768 => VoxelType.UInt32,
            1024 => VoxelType.Int64,
            1280 => VoxelType.UInt64,
            _ => throw Bad("datatype", $"{code} ({TypeName(code)}) cannot be read; convert the file to an integer type, float32 or float64."),
        };
    }

    private static string TypeName(int code) => code switch
    {
        1 => "binary",
        32 => "complex64",
        128 => "rgb24",
        1536 => "float128",
        1792 => "complex128",
        2048 => "complex256",
        2304 => "rgba32",
        _ => "unknown",
    };

    private (double Slope, double Intercept) Scaling()
    {
        double slope = two ? F64(176) : F32(112), intercept = two ? F64(184) : F32(116);
        if (slope == 0 || !double.IsFinite(slope))
        {
            return (1, 0);
        }

        return double.IsFinite(intercept)
            ? (slope, intercept)
            : throw Bad("scl_inter", string.Create(CultureInfo.InvariantCulture, $"the intercept is {intercept}; it must be finite. Correct the header."));
    }

    private long VoxelOffset(bool pair)
    {
        // In NIfTI-1 the offset is a float; 2^53 is beyond every file and still exact in double.
        var least = pair ? 0 : bytes.Length + 4;
        double stored = two ? I64(168) : F32(108);
        if (stored == 0 && !pair)
        {
            return least; // some writers leave it empty
        }

        return double.IsFinite(stored) && stored >= least && stored <= 1L << 53 && stored == Math.Floor(stored)
            ? (long)stored
            : throw Bad("vox_offset", string.Create(
                CultureInfo.InvariantCulture, $"the voxels cannot begin at byte {stored}; a whole number from {least} on is needed. The header is damaged."));
    }

    private NiftiGeometry Geometry(int qform, int sform, double[] sizes, long[] dimensions)
    {
        var numbers = new double[18];
        for (var i = 0; i < 6; i++)
        {
            numbers[i] = two ? F64(352 + (8 * i)) : F32(256 + (4 * i));
        }

        for (var i = 0; i < 12; i++)
        {
            numbers[6 + i] = two ? F64(400 + (8 * i)) : F32(280 + (4 * i));
        }

        // The lowest three bits of xyzt_units are the unit of length, the next three that of time.
        var unit = ((two ? I32(500) : bytes[123]) & 7) switch
        {
            1 => LengthUnit.Metre,
            2 => LengthUnit.Millimetre,
            3 => LengthUnit.Micrometre,
            _ => LengthUnit.Unknown,
        };
        return new NiftiGeometry(qform, sform, sizes, dimensions, numbers[..3], numbers[3..6], numbers[6..], unit);
    }

    private ScanFormatException Bad(string field, string problem) => new(path, field, problem);

    private static string Printable(ReadOnlySpan<byte> text)
    {
        var result = new StringBuilder();
        foreach (var b in text)
        {
            result.Append(b is >= 32 and < 127 ? (char)b : '.');
        }

        return result.ToString();
    }

    private short I16(int at) => big ? BinaryPrimitives.ReadInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadInt16LittleEndian(bytes[at..]);

    private int I32(int at) => big ? BinaryPrimitives.ReadInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private long I64(int at) => big ? BinaryPrimitives.ReadInt64BigEndian(bytes[at..]) : BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private float F32(int at) => big ? BinaryPrimitives.ReadSingleBigEndian(bytes[at..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[at..]);

    private double F64(int at) => big ? BinaryPrimitives.ReadDoubleBigEndian(bytes[at..]) : BinaryPrimitives.ReadDoubleLittleEndian(bytes[at..]);
}
