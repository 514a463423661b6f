using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using PolyCL.Core;

namespace PolyCL.Data;

/// <summary>The kept slices of a dataset in one memory-mapped file; read-only, safe for many threads and processes.</summary>
public sealed class SliceStore : IDisposable
{
    private readonly StoreHeader header;
    private readonly PixelCode code;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly Dictionary<string, int> scanOfId;
    private readonly int pixels;

    private SliceStore(string path, StoreHeader header, MemoryMappedFile file)
    {
        (Path, this.header, this.file) = (path, header, file);
        view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        Options = header.Settings.ToOptions();
        code = new PixelCode(Options);
        pixels = Size * Size;
        var scans = new StoredScan[header.Scans.Count];
        var slices = new SliceRecord[header.SliceCount];
        var next = 0;
        for (var s = 0; s < scans.Length; s++)
        {
            var scan = header.Scans[s];
            scans[s] = scan.ToScan(next, Size);
            for (var i = 0; i < scan.OrganPixels.Count; i++)
            {
                slices[next++] = new SliceRecord(s, scan.FirstIndex + i, scan.OrganPixels[i] > 0, scan.OrganPixels[i]);
            }
        }

        Scans = scans;
        Slices = slices;
        scanOfId = Enumerable.Range(0, scans.Length).ToDictionary(s => scans[s].Id, StringComparer.Ordinal);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Digest of voxels, labels, spacing and settings; the data fingerprint of every result. Does not depend on paths, names or times.</summary>
    public string Fingerprint => header.Fingerprint;

    /// <summary>How the slices were made.</summary>
    public PrepareOptions Options { get; }

    /// <summary>Rows and columns of a slice.</summary>
    public int Size => Options.Size;

    /// <summary>All scans, also those that keep no slice.</summary>
    public IReadOnlyList<StoredScan> Scans { get; }

    /// <summary>All kept slices by scan, then index; <see cref="SliceRecord.Scan"/> is the position in <see cref="Scans"/>.</summary>
    public IReadOnlyList<SliceRecord> Slices { get; }

    /// <summary>What was odd about the scans when the store was made, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => header.Warnings;

    /// <summary>Ids of the scans that were left out on purpose when it was made.</summary>
    public IReadOnlyList<string> Excluded => header.Excluded ?? [];

    /// <summary>Opens a store; checks its header and size, not its pixels.</summary>
    /// <exception cref="RunStateException">The file is no store, of another version, cut short, or its header is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SliceStore Open(string path)
    {
        var full = System.IO.Path.GetFullPath(Check.NotBlank(path));
        if (!File.Exists(full))
        {
            throw new FileNotFoundException($"{path}: there is no such slice store; make it with 'polycl prepare'.", path);
        }

        var stream = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            var header = StoreHeader.Read(path, stream);
            var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new SliceStore(full, header, file);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Positions in <see cref="Slices"/> of all slices of some scans, in the order of the store.</summary>
    /// <exception cref="DatasetException">A scan is not in the store.</exception>
    public int[] SlicesOf(IEnumerable<string> scanIds)
    {
        ArgumentNullException.ThrowIfNull(scanIds);
        return [.. scanIds.Select(Find).Distinct().Order().SelectMany(scan => Enumerable.Range(Scans[scan].FirstSlice, Scans[scan].SliceCount))];
    }

    /// <summary>Position in <see cref="Scans"/> of a scan.</summary>
    /// <exception cref="DatasetException">The scan is not in the store.</exception>
    public int Find(string scanId) =>
        scanOfId.TryGetValue(scanId, out var scan)
            ? scan
            : throw new DatasetException($"{Path}: there is no scan '{scanId}' among its {Scans.Count}; the split belongs to another dataset.", Path);

    /// <summary>Whether a slice may be an anchor; false only for slices kept as partners by <see cref="KeptRange.Partners"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    public bool CanBeAnchor(int slice)
    {
        var record = Slices[Checked(slice)];
        var (start, stop) = Options.AnchorsOf(Scans[record.Scan].Shape.Z);
        return record.Index >= start && record.Index < stop;
    }

    /// <summary>Copies one slice's pixels, [Size·Size], row by row; values as <see cref="PrepareOptions.Intensity"/> says, by default 0 to 1.</summary>
    /// <remarks>Within 2⁻¹⁷ of the window's range of what <see cref="SlicePipeline"/> makes; 0 and 1 are exact.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public void CopyPixels(int slice, Span<float> destination)
    {
        Checked(slice, destination.Length);
        using var block = new Block(view, StoreHeader.PixelStart + ((long)slice * StoreHeader.PixelBytes(Size)), StoreHeader.PixelBytes(Size));
        code.Decode(MemoryMarshal.Cast<byte, ushort>(block.Bytes), destination);
    }

    /// <summary>Copies one slice's organ mask, [Size·Size], row by row; 0 or 1.</summary>
    /// <inheritdoc cref="CopyPixels" path="/exception"/>
    public void CopyMask(int slice, Span<byte> destination)
    {
        Checked(slice, destination.Length);
        var bytes = PixelCode.MaskBytes(pixels);
        using var block = new Block(view, StoreHeader.MaskStart(Slices.Count, Size) + ((long)slice * bytes), bytes);
        PixelCode.Unpack(block.Bytes, destination[..pixels]);
    }

    /// <summary>Reads everything and compares it with the digests in the header.</summary>
    /// <exception cref="RunStateException">Pixels or masks of a scan are damaged.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public void Verify()
    {
        var maskStart = StoreHeader.MaskStart(Slices.Count, Size);
        for (var s = 0; s < Scans.Count; s++)
        {
            var (first, count) = (Scans[s].FirstSlice, Scans[s].SliceCount);
            VerifyBlock(s, "pixels", StoreHeader.PixelStart, StoreHeader.PixelBytes(Size), first, count, header.Scans[s].PixelHash);
            VerifyBlock(s, "masks", maskStart, PixelCode.MaskBytes(pixels), first, count, header.Scans[s].MaskHash);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view.Dispose();
        file.Dispose();
    }

    private void VerifyBlock(int scan, string what, long start, int bytes, int first, int count, string expected)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        for (var i = first; i < first + count; i++)
        {
            using var block = new Block(view, start + ((long)i * bytes), bytes);
            hash.AppendData(block.Bytes);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != expected)
        {
            throw new RunStateException($"{Path}: the {what} of scan '{Scans[scan].Id}' are damaged; delete the file and make it again.", Path);
        }
    }

    private int Checked(int slice) =>
        (uint)slice < (uint)Slices.Count
            ? slice
            : throw new ArgumentOutOfRangeException(nameof(slice), $"Slice {slice} does not exist; the store has {Slices.Count}, counted from 0.");

    private void Checked(int slice, int length)
    {
        Checked(slice);
        if (length < pixels)
        {
            throw new ArgumentException($"The destination holds {length} pixels; a slice has {pixels}.", nameof(length));
        }
    }

    /// <summary>Bytes of the file, held open while they are read even when another thread closes the store.</summary>
    private readonly ref struct Block : IDisposable
    {
        private readonly SafeBuffer buffer;

        public unsafe Block(MemoryMappedViewAccessor view, long start, int bytes)
        {
            buffer = view.SafeMemoryMappedViewHandle;
            byte* pointer = null;
            buffer.AcquirePointer(ref pointer);
            Bytes = new ReadOnlySpan<byte>(pointer + view.PointerOffset + start, bytes);
        }

        public ReadOnlySpan<byte> Bytes { get; }

        public void Dispose() => buffer.ReleasePointer();
    }
}
