using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>The self-description of a slice store: a 64-byte start, then pixels, masks and this as JSON at the end.</summary>
/// <remarks>
/// Start, little-endian: 8 bytes magic, u32 version, u32 zero, u64 place and u64 length of the JSON, SHA-256 over those 32 bytes and the JSON.
/// Pixels begin at byte 4096, [slices, Size, Size] of 16 bits; masks follow, each padded to whole bytes, one bit a pixel, lowest first.
/// </remarks>
internal sealed record StoreHeader
{
    public const int StartBytes = 64;
    public const int PixelStart = 4096;
    public const int Version = 1;

    /// <summary>Counts the changes of how files are understood: a store made before one is not taken for one made after it.</summary>
    public const int Reading = 3;
    private const int HashedBytes = 32;
    private static readonly byte[] Magic = "PolyCLsl"u8.ToArray();
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public required StoreSettings Settings { get; init; }

    public required string PixelFormat { get; init; }

    public required string Key { get; init; }

    public required string Fingerprint { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Ids of the scans that were left out on purpose; null without any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Excluded { get; init; }

    public required IReadOnlyList<StoreScan> Scans { get; init; }

    public int SliceCount => Scans.Sum(scan => scan.OrganPixels.Count);

    public static int PixelBytes(int size) => size * size * sizeof(ushort);

    public static long MaskStart(int slices, int size) => PixelStart + ((long)slices * PixelBytes(size));

    public static long JsonStart(int slices, int size) => MaskStart(slices, size) + ((long)slices * PixelCode.MaskBytes(size * size));

    /// <summary>The digest that names the data: voxels, organ masks, spacing and settings, in the order of the scans.</summary>
    public static string FingerprintOf(StoreSettings settings, IEnumerable<StoreScan> scans) =>
        ContentHash.OfText(JsonSerializer.Serialize(
            new { settings, scans = scans.Select(scan => new { scan.ContentHash, scan.LabelHash, spacing = scan.Spacing.Concat(scan.Axes ?? []).Select(mm => Math.Round(mm, 4)) }) }, Json));

    public void Write(Stream stream)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, Json);
        var place = JsonStart(SliceCount, Settings.Size);
        stream.Position = place;
        stream.Write(json);
        var start = new byte[StartBytes];
        Magic.CopyTo(start, 0);
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(start.AsSpan(16), place);
        BinaryPrimitives.WriteInt64LittleEndian(start.AsSpan(24), json.Length);
        Digest(start, json).CopyTo(start, HashedBytes);
        stream.Position = 0;
        stream.Write(start);
    }

    /// <exception cref="RunStateException">The file is no whole store of this version.</exception>
    public static StoreHeader Read(string path, Stream stream)
    {
        var start = new byte[StartBytes];
        if (stream.ReadAtLeast(start, StartBytes, throwOnEndOfStream: false) < StartBytes || !start.AsSpan().StartsWith(Magic))
        {
            throw Refused(path, "is no slice store; name a file made by 'polycl prepare'");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(8));
        if (version != Version)
        {
            throw Refused(path, $"is a slice store of version {version}, this program reads version {Version}; make it again with 'polycl prepare'");
        }

        var place = BinaryPrimitives.ReadInt64LittleEndian(start.AsSpan(16));
        var length = BinaryPrimitives.ReadInt64LittleEndian(start.AsSpan(24));
        if (place < PixelStart || length <= 0 || length > Array.MaxLength || place > stream.Length - length || stream.Length - length != place)
        {
            throw Refused(path, $"is cut short or damaged: {stream.Length} bytes do not fit its header; make it again with 'polycl prepare'");
        }

        var json = new byte[length];
        stream.Position = place;
        stream.ReadExactly(json);
        if (!start.AsSpan(HashedBytes).SequenceEqual(Digest(start, json)))
        {
            throw Refused(path, "has a damaged header: its digest does not fit; make it again with 'polycl prepare'");
        }

        try
        {
            var header = JsonSerializer.Deserialize<StoreHeader>(json, Json) ?? throw new JsonException();
            return header.JsonStartFits(place) ? header : throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw Refused(path, "has a header that contradicts itself; make it again with 'polycl prepare'", e);
        }
    }

    private bool JsonStartFits(long place) => JsonStart(SliceCount, Settings.ToOptions().Size) == place && Scans.All(scan => scan.Fits);

    private static byte[] Digest(ReadOnlySpan<byte> start, ReadOnlySpan<byte> json)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(start[..HashedBytes]);
        hash.AppendData(json);
        return hash.GetHashAndReset();
    }

    private static RunStateException Refused(string path, string problem, Exception? inner = null) => new($"{path} {problem}.", path, inner);
}

/// <summary><see cref="PrepareOptions"/> as stored.</summary>
internal sealed record StoreSettings(
    double WindowLevel, double WindowWidth, int Size, double KeepShare, string KeptRange, string Order, bool Antialias, bool TumourIsOrgan, string Intensity)
{
    public static StoreSettings Of(PrepareOptions options) => new(
        options.Window.Level, options.Window.Width, options.Size, options.KeepShare, options.KeptRange.ToString(), options.Order.ToString(),
        options.Antialias, options.TumourIsOrgan, options.Intensity.ToString());

    public PrepareOptions ToOptions() => new()
    {
        Window = new Window(WindowLevel, WindowWidth),
        Size = Size,
        KeepShare = KeepShare,
        KeptRange = Enum.Parse<KeptRange>(KeptRange),
        Order = Enum.Parse<SliceOrder>(Order),
        Antialias = Antialias,
        TumourIsOrgan = TumourIsOrgan,
        Intensity = Enum.Parse<Intensity>(Intensity),
    };
}

/// <summary>One scan in a store's header; its slices are OrganPixels, one number each.</summary>
internal sealed record StoreScan
{
    public required string Id { get; init; }

    public string? Subset { get; init; }

    public required int FirstIndex { get; init; }

    public required IReadOnlyList<int> Shape { get; init; }

    public required IReadOnlyList<double> Spacing { get; init; }

    /// <summary>Steps of one voxel along columns, rows and slices, mm, three numbers each; only when they are not at right angles.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Axes { get; init; }

    public required string Orientation { get; init; }

    public required bool Labelled { get; init; }

    public required int OrganSlices { get; init; }

    public required long OrganVoxels { get; init; }

    public required string ContentHash { get; init; }

    public required string LabelHash { get; init; }

    public required string PixelHash { get; init; }

    public required string MaskHash { get; init; }

    /// <summary>Organ pixels at full size of each kept slice.</summary>
    public required IReadOnlyList<int> OrganPixels { get; init; }

    public bool Fits => Shape.Count == 3 && Spacing.Count == 3 && Axes is null or { Count: 9 } && FirstIndex >= 0 && FirstIndex + (long)OrganPixels.Count <= Shape[2];

    /// <summary>The three steps of a view, without its origin.</summary>
    public static double[] AxesOf(Affine view) => [.. Enumerable.Range(0, 9).Select(i => view[i % 3, i / 3])];

    public StoredScan ToScan(int firstSlice, int size)
    {
        var spacing = new Spacing(Spacing[0], Spacing[1], Spacing[2]);
        return new StoredScan
        {
            Id = Id,
            Subset = Subset,
            FirstSlice = firstSlice,
            SliceCount = OrganPixels.Count,
            FirstIndex = FirstIndex,
            Shape = new VolumeShape(Shape[0], Shape[1], Shape[2]),
            Spacing = spacing,
            GridSpacing = new Spacing(spacing.X * Shape[0] / size, spacing.Y * Shape[1] / size, spacing.Z),
            Axes = AxesBy(1, 1),
            GridAxes = AxesBy((double)Shape[0] / size, (double)Shape[1] / size),
            Orientation = Orientation,
            Labelled = Labelled,
            OrganSlices = OrganSlices,
            OrganVoxels = OrganVoxels,
            ContentHash = ContentHash,
        };
    }

    private Affine? AxesBy(double columns, double rows) => Axes is not { } a ? null : Affine.FromRows(
    [
        a[0] * columns, a[3] * rows, a[6], 0,
        a[1] * columns, a[4] * rows, a[7], 0,
        a[2] * columns, a[5] * rows, a[8], 0,
        0, 0, 0, 1,
    ]);
}
