using System.Buffers.Binary;
using System.IO.Compression;

namespace PolyCL.Imaging;

/// <summary>Finds out what is wrong with a gzip file that cannot be inflated: a wrong checksum at its end, or damage and how far it is whole.</summary>
internal static class GzipDamage
{
    private const int HeaderBytes = 10;
    private const int TrailerBytes = 8;
    private const byte HasChecksum = 2;
    private const byte HasExtra = 4;
    private const byte HasName = 8;
    private const byte HasComment = 16;

    /// <summary>The fault as the beginning of a sentence.</summary>
    public static string Of(string path)
    {
        using var file = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0), 1 << 18);
        var whole = 0L;
        try
        {
            SkipHeader(file);
            using var inflated = new DeflateStream(file, CompressionMode.Decompress, leaveOpen: true);

            // Few bytes at a time, so that what was whole before the damage is counted.
            Span<byte> waste = stackalloc byte[64];
            for (int read; (read = inflated.Read(waste)) > 0;)
            {
                whole += read;
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            return $"the compressed data are damaged after {whole} bytes";
        }

        return whole % (1L << 32) == LengthIn(file)
            ? $"the checksum is wrong: {whole} bytes inflate without an error, but they are not those that were compressed (CRC)"
            : $"{whole} bytes inflate without an error, but checksum or length at the end of the file do not fit them (CRC)";
    }

    private static void SkipHeader(Stream file)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        file.ReadExactly(header);
        var flags = header[3];
        if ((flags & HasExtra) != 0)
        {
            Span<byte> length = stackalloc byte[2];
            file.ReadExactly(length);
            file.Seek(BinaryPrimitives.ReadUInt16LittleEndian(length), SeekOrigin.Current);
        }

        for (var texts = ((flags & HasName) != 0 ? 1 : 0) + ((flags & HasComment) != 0 ? 1 : 0); texts > 0; texts--)
        {
            SkipText(file);
        }

        file.Seek((flags & HasChecksum) != 0 ? 2 : 0, SeekOrigin.Current);
    }

    private static void SkipText(Stream file)
    {
        int next;
        do
        {
            next = file.ReadByte();
        }
        while (next > 0);
        if (next < 0)
        {
            throw new EndOfStreamException();
        }
    }

    /// <summary>The length that the last four bytes give.</summary>
    private static uint LengthIn(Stream file)
    {
        Span<byte> length = stackalloc byte[4];
        file.Seek(-Math.Min(file.Length, TrailerBytes / 2), SeekOrigin.End);
        file.ReadExactly(length);
        return BinaryPrimitives.ReadUInt32LittleEndian(length);
    }
}
