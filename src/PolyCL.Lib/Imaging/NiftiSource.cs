using System.IO.Compression;
using PolyCL.Core;

namespace PolyCL.Imaging;

/// <summary>A file read forward once, inflated on the way when it is gzip; every damage becomes a <see cref="ScanFormatException"/>.</summary>
internal sealed class NiftiSource : IDisposable
{
    // Deflate cannot expand more than 258 bytes from 2 bits; a few bytes of stream overhead only lower it.
    private const int DeflateLimit = 1032;
    private const int TrailingCheck = 1 << 16;
    private readonly FileStream file;
    private readonly Stream stream;
    private long position;

    private NiftiSource(string path, FileStream file, bool compressed)
    {
        this.file = file;
        Path = path;
        Compressed = compressed;
        stream = compressed ? new GZipStream(new BufferedStream(file, 1 << 18), CompressionMode.Decompress) : file;
    }

    public string Path { get; }

    public bool Compressed { get; }

    /// <summary>No more bytes than this can come out of the file.</summary>
    public UInt128 Capacity => (UInt128)(ulong)file.Length * (Compressed ? DeflateLimit : 1u);

    public static NiftiSource Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        try
        {
            Span<byte> magic = stackalloc byte[2];
            var count = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
            if (count == 0)
            {
                throw new ScanFormatException(path, "file", "the file is empty; copy or download it again.");
            }

            file.Position = 0;
            return new NiftiSource(path, file, count == 2 && magic[0] == 0x1f && magic[1] == 0x8b);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads until the span is full or the data end; returns the bytes read.</summary>
    public int Fill(Span<byte> target)
    {
        try
        {
            var count = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            position += count;
            return count;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
        catch (EndOfStreamException e)
        {
            throw Damaged(e);
        }
    }

    /// <summary>Goes forward to a byte of the (inflated) data.</summary>
    public void SkipTo(long offset)
    {
        if (!Compressed)
        {
            file.Position = position = offset;
            return;
        }

        Span<byte> waste = stackalloc byte[4096];
        while (position < offset)
        {
            var part = waste[..(int)Math.Min(waste.Length, offset - position)];
            if (Fill(part) < part.Length)
            {
                throw new ScanFormatException(Path, "vox_offset", $"the voxels should begin at byte {offset}, but the data end at byte {position}; copy the file again.");
            }
        }
    }

    /// <summary>Reads a little beyond the voxels, so that the checksum at the end of a gzip file is compared. Long trailing data are left unread.</summary>
    public void CheckEnd()
    {
        if (!Compressed)
        {
            return;
        }

        Span<byte> waste = stackalloc byte[4096];
        for (var read = 0; read < TrailingCheck; read += waste.Length)
        {
            if (Fill(waste) < waste.Length)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        file.Dispose();
    }

    private ScanFormatException Damaged(Exception inner) =>
        new(Path, "gzip", $"{GzipDamage.Of(Path)}; copy or download the file again.", inner);
}
