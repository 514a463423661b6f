using System.Buffers.Binary;
using System.Text;

namespace PolyCL.Models.Weights;

/// <summary>The table of contents of a zip file whose members are stored uncompressed, as PyTorch writes them.</summary>
/// <remarks>
/// Written for its one purpose: a member is a range of the file, so that tensors are read in place. Compressed members are never unpacked, so
/// there is no zip bomb; names are only ever compared, never used as paths. Source: PKWARE APPNOTE 6.3, including its 64-bit records.
/// </remarks>
internal sealed class ZipDirectory
{
    private const uint EndMark = 0x06054b50, Locator64Mark = 0x07064b50, End64Mark = 0x06064b50, MemberMark = 0x02014b50, LocalMark = 0x04034b50;
    private const int EndBytes = 22, Locator64Bytes = 20, End64Bytes = 56, MemberBytes = 46, LocalBytes = 30;
    private const int LongestComment = ushort.MaxValue;
    private const long LongestDirectory = 16L << 20;
    private const ushort Encrypted = 1, Stored = 0, Extra64 = 1;
    private readonly WeightSource source;
    private readonly Dictionary<string, (long Header, long Size, bool Plain)> members = new(StringComparer.Ordinal);
    private long directoryStart;

    private ZipDirectory(WeightSource source) => this.source = source;

    internal IReadOnlyCollection<string> Names => members.Keys;

    internal static ZipDirectory Read(WeightSource source)
    {
        var zip = new ZipDirectory(source);
        zip.ReadMembers();
        return zip;
    }

    /// <summary>Where a member's bytes lie, or null when there is none of that name.</summary>
    internal (long Position, long Size)? Locate(string name)
    {
        if (!members.TryGetValue(name, out var member))
        {
            return null;
        }

        if (!member.Plain)
        {
            throw source.Problem($"has a compressed or encrypted zip member '{Printable(name)}'; PyTorch stores plainly: save it again with torch.save.");
        }

        Span<byte> local = stackalloc byte[LocalBytes];
        CheckRange(member.Header, LocalBytes, name);
        source.Read(member.Header, local);
        var nameLength = U16(local, 26);
        var position = member.Header + LocalBytes + nameLength + U16(local, 28);
        if (U32(local, 0) != LocalMark || nameLength != Encoding.UTF8.GetByteCount(name))
        {
            throw source.Problem($"has a damaged zip member '{name}'; copy or download it again.");
        }

        CheckRange(position, member.Size, name);
        return (position, member.Size);
    }

    private void ReadMembers()
    {
        var (start, size, count) = FindDirectory();
        if (start < 0 || size < 0 || start > source.Length - size || size > LongestDirectory || count > size / MemberBytes)
        {
            throw source.Problem("has a damaged zip directory; copy or download it again.");
        }

        directoryStart = start;
        ReadOnlySpan<byte> rest = source.Read(start, (int)size);
        for (long i = 0; i < count; i++)
        {
            if (rest.Length < MemberBytes || U32(rest, 0) != MemberMark)
            {
                throw source.Problem($"has a damaged zip directory at member {i}; copy or download it again.");
            }

            var length = MemberBytes + U16(rest, 28) + U16(rest, 30) + U16(rest, 32);
            if (length > rest.Length)
            {
                throw source.Problem($"has a damaged zip directory at member {i}; copy or download it again.");
            }

            ReadMember(rest[..length]);
            rest = rest[length..];
        }
    }

    private void ReadMember(ReadOnlySpan<byte> record)
    {
        var nameLength = U16(record, 28);
        var name = Encoding.UTF8.GetString(record.Slice(MemberBytes, nameLength));
        if (name.Length == 0 || name[0] == '/' || name.Split('/').Contains("..") || name.AsSpan().IndexOfAny("\\:\0") >= 0)
        {
            throw source.Problem($"has a zip member named '{Printable(name)}', which points outside the archive; PyTorch writes no such name.");
        }

        var plain = (U16(record, 8) & Encrypted) == 0 && U16(record, 10) == Stored;
        long packed = U32(record, 20), size = U32(record, 24), header = U32(record, 42);
        ReadExtra64(record.Slice(MemberBytes + nameLength, U16(record, 30)), ref size, ref packed, ref header);
        if ((plain && packed != size) || size < 0 || header < 0 || header >= source.Length || (plain && size > source.Length))
        {
            throw source.Problem($"has a zip member '{Printable(name)}' of {size} bytes at {header}, outside the file; it is truncated or damaged.");
        }

        if (!members.TryAdd(name, (header, size, plain)))
        {
            throw source.Problem($"has two zip members named '{Printable(name)}'; it is damaged or forged.");
        }
    }

    /// <summary>The 64-bit numbers stand in an extra field, in this order, each only where the short one is all ones.</summary>
    private static void ReadExtra64(ReadOnlySpan<byte> extra, ref long size, ref long packed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int length = U16(extra, 2);
            if (length > extra.Length - 4)
            {
                return;
            }

            if (U16(extra, 0) == Extra64)
            {
                var numbers = extra.Slice(4, length);
                Take(ref size, ref numbers);
                Take(ref packed, ref numbers);
                Take(ref header, ref numbers);
                return;
            }

            extra = extra[(4 + length)..];
        }

        static void Take(ref long value, ref ReadOnlySpan<byte> numbers)
        {
            if (value == uint.MaxValue && numbers.Length >= sizeof(long))
            {
                value = BinaryPrimitives.ReadInt64LittleEndian(numbers);
                numbers = numbers[sizeof(long)..];
            }
        }
    }

    private (long Start, long Size, long Count) FindDirectory()
    {
        var tailLength = (int)Math.Min(source.Length, EndBytes + LongestComment);
        var tailStart = source.Length - tailLength;
        ReadOnlySpan<byte> tail = source.Read(tailStart, tailLength);
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (U32(tail, at) == EndMark && at + EndBytes + U16(tail, at + 20) == tail.Length)
            {
                return FindDirectory64(tailStart + at) ?? (U32(tail, at + 16), U32(tail, at + 12), U16(tail, at + 10));
            }
        }

        throw source.Problem("is a zip file without its end; it is truncated: copy or download it again.");
    }

    private (long Start, long Size, long Count)? FindDirectory64(long end)
    {
        if (end < Locator64Bytes)
        {
            return null;
        }

        ReadOnlySpan<byte> locator = source.Read(end - Locator64Bytes, Locator64Bytes);
        if (U32(locator, 0) != Locator64Mark)
        {
            return null;
        }

        var position = I64(locator, 8);
        if (position < 0 || position > end - Locator64Bytes - End64Bytes)
        {
            throw source.Problem("has a damaged zip directory; copy or download it again.");
        }

        ReadOnlySpan<byte> record = source.Read(position, End64Bytes);
        return U32(record, 0) == End64Mark
            ? (I64(record, 48), I64(record, 40), I64(record, 32))
            : throw source.Problem("has a damaged zip directory; copy or download it again.");
    }

    private void CheckRange(long position, long size, string name)
    {
        if (position > directoryStart - size)
        {
            throw source.Problem($"has a zip member '{Printable(name)}' that reaches past the members' end; it is truncated or damaged.");
        }
    }

    /// <summary>A name from a hostile file, fit to be shown.</summary>
    internal static string Printable(string name) =>
        new([.. name.Take(80).Select(letter => char.IsControl(letter) ? '?' : letter)]);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
