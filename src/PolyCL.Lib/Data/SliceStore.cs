namespace PolyCL.Data;

/// <summary>The kept slices of a dataset in one memory-mapped file; read-only, safe for many threads and processes.</summary>
public sealed class SliceStore : IDisposable
{
    private SliceStore(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Digest of voxels, labels, spacing and settings; the data fingerprint of every result. Does not depend on paths or times.</summary>
    public string Fingerprint { get; } = "";

    /// <summary>How the slices were made.</summary>
    public PrepareOptions Options { get; } = PrepareOptions.Paper;

    /// <summary>Rows and columns of a slice.</summary>
    public int Size => Options.Size;

    /// <summary>All scans, also those that keep no slice.</summary>
    public IReadOnlyList<StoredScan> Scans { get; } = [];

    /// <summary>All kept slices by scan, then index; <see cref="SliceRecord.Scan"/> is the position in <see cref="Scans"/>.</summary>
    public IReadOnlyList<SliceRecord> Slices { get; } = [];

    /// <summary>Opens a store; checks its header and size, not its pixels.</summary>
    /// <exception cref="Core.RunStateException">The file is no store, of another version, cut short, or its header is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SliceStore Open(string path) => new(path);

    /// <summary>Positions in <see cref="Slices"/> of all slices of some scans, in order.</summary>
    /// <exception cref="Core.DatasetException">A scan is not in the store.</exception>
    public int[] SlicesOf(IEnumerable<string> scanIds) => throw new NotSupportedException();

    /// <summary>Whether a slice may be an anchor; false only for slices kept as partners by <see cref="KeptRange.Partners"/>.</summary>
    public bool CanBeAnchor(int slice) => throw new NotSupportedException();

    /// <summary>Copies one slice's pixels, [Size·Size], row by row; values as <see cref="PrepareOptions.Intensity"/> says, by default 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyPixels(int slice, Span<float> destination) => throw new NotSupportedException();

    /// <summary>Copies one slice's organ mask, [Size·Size], row by row; 0 or 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such slice.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyMask(int slice, Span<byte> destination) => throw new NotSupportedException();

    /// <summary>Reads everything and compares it with the digests in the header.</summary>
    /// <exception cref="Core.RunStateException">Pixels or masks of a scan are damaged.</exception>
    public void Verify() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
