using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data;

/// <summary>One scan read whole: its kept slices are handed on, what the scan tells is kept.</summary>
/// <param name="Entry">What the store knows of it.</param>
/// <param name="Digest">Digest and range of its voxels.</param>
/// <param name="LabelNotes">What a user should know of its label's values, one phrase each.</param>
internal sealed record PreparedScan(StoreScan Entry, VoxelDigest Digest, IReadOnlyList<string> LabelNotes)
{
    /// <summary>Reads scan and label once each, beside each other where a thread is free; the two takers may be called at the same time.</summary>
    /// <param name="plan">Which slices are kept.</param>
    /// <param name="options">The settings.</param>
    /// <param name="pixels">Takes the coded pixels of the i-th kept slice.</param>
    /// <param name="masks">Takes the packed mask of the i-th kept slice.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="ScanFormatException">A file cannot be read, or the label holds values that are no whole numbers.</exception>
    public static PreparedScan Read(ScanPlan plan, PrepareOptions options, Action<int, byte[]> pixels, Action<int, byte[]> masks, CancellationToken token)
    {
        using var pixelHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var maskHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        VoxelDigest? digest = null;
        Spacing spacing = default;
        double[]? axes = null;
        var organ = new OrganCount(plan, new SlicePipeline(options));
        ScanWork.Both(
            () => (digest, spacing, axes) = ReadImage(
                plan,
                new SlicePipeline(options),
                (i, bytes) =>
                {
                    pixelHash.AppendData(bytes);
                    pixels(i, bytes);
                },
                token),
            () => organ.Read(
                (i, bytes) =>
                {
                    maskHash.AppendData(bytes);
                    masks(i, bytes);
                },
                token));
        var entry = new StoreScan
        {
            Id = plan.Scan.Id,
            Subset = plan.Scan.Subset,
            FirstIndex = plan.Start,
            Shape = [plan.Shape.X, plan.Shape.Y, plan.Shape.Z],
            Spacing = [spacing.X, spacing.Y, spacing.Z],
            Axes = axes,
            Orientation = plan.Image.Orientation.ToString(),
            Labelled = plan.Scan.LabelPath is not null,
            OrganSlices = organ.Slices,
            OrganVoxels = organ.Voxels,
            ContentHash = digest!.Hash,
            LabelHash = organ.Hash,
            PixelHash = Convert.ToHexStringLower(pixelHash.GetHashAndReset()),
            MaskHash = Convert.ToHexStringLower(maskHash.GetHashAndReset()),
            OrganPixels = organ.Kept,
        };
        return new PreparedScan(entry, digest, organ.Notes);
    }

    private static (VoxelDigest Digest, Spacing Spacing, double[]? Axes) ReadImage(ScanPlan plan, SlicePipeline pipeline, Action<int, byte[]> take, CancellationToken token)
    {
        var (volume, notes) = HuVolume.Read(plan.Scan.ImagePath, ScanGeometry.Options(plan.Scan.Orientation));
        var view = SlicePipeline.View(volume, pipeline.Options.Order);
        VoxelDigest? digest = null;
        ScanWork.Both(() => digest = VoxelDigest.Of(volume, token: token) with { Notes = notes }, () => Cut(plan, pipeline, view, take, token));
        return (digest!, view.Spacing, view.Affine.IsSkewed ? StoreScan.AxesOf(view.Affine) : null);
    }

    private static void Cut(ScanPlan plan, SlicePipeline pipeline, Volume view, Action<int, byte[]> take, CancellationToken token)
    {
        var code = new PixelCode(pipeline.Options);
        var shares = new float[pipeline.Options.Size * pipeline.Options.Size];
        var bytes = new byte[StoreHeader.PixelBytes(pipeline.Options.Size)];
        for (var i = 0; i < plan.Count; i++)
        {
            token.ThrowIfCancellationRequested();
            pipeline.Shares(view, plan.Start + i, shares);
            code.Encode(shares, MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()));
            take(i, bytes);
        }
    }

    /// <summary>Organ slices and voxels of the whole label, organ pixels of the kept slices, digest of the whole organ mask.</summary>
    private sealed class OrganCount(ScanPlan plan, SlicePipeline pipeline)
    {
        public int Slices { get; private set; }

        public long Voxels { get; private set; }

        public IReadOnlyList<string> Notes { get; private set; } = [];

        public int[] Kept { get; } = new int[plan.Count];

        public string Hash { get; private set; } = "";

        public void Read(Action<int, byte[]> take, CancellationToken token)
        {
            var size = pipeline.Options.Size;
            var bits = new byte[PixelCode.MaskBytes(size * size)];
            if (plan.Scan.LabelPath is null)
            {
                Array.ForEach(Enumerable.Range(0, plan.Count).ToArray(), i => take(i, bits));
                return;
            }

            var map = LabelMap.Read(plan.Scan.LabelPath, ScanGeometry.Options(plan.Scan.Orientation));
            var rule = OrganRule.Of(plan.Scan, pipeline.Options);
            Notes = [.. map.Notes, .. rule.Note(map) is { } note ? [note] : Array.Empty<string>()];
            var view = SlicePipeline.View(rule.Of(map), pipeline.Options.Order);
            var resized = new byte[size * size];
            var runs = new List<int>();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var z = 0; z < view.Shape.Z; z++)
            {
                token.ThrowIfCancellationRequested();
                var count = pipeline.FullMask(view, z, default, out var full);
                AppendRuns(hash, full, runs);
                Slices += count > 0 ? 1 : 0;
                Voxels += count;
                if (z >= plan.Start && z < plan.Start + plan.Count)
                {
                    Kept[z - plan.Start] = count;
                    SliceResize.NearestExact(full, view.Shape.Y, view.Shape.X, resized, size, size);
                    PixelCode.Pack(resized, bits);
                    take(z - plan.Start, bits);
                }
            }

            Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        /// <summary>Adds the mask as the places where organ begins and ends, closed by the mask's size: far fewer bytes than pixels.</summary>
        private static void AppendRuns(IncrementalHash hash, ReadOnlySpan<byte> mask, List<int> runs)
        {
            runs.Clear();
            var place = 0;
            for (byte wanted = 1; mask[place..].IndexOf(wanted) is >= 0 and var next; wanted ^= 1)
            {
                place += next;
                runs.Add(place);
            }

            runs.Add(mask.Length);
            var numbers = CollectionsMarshal.AsSpan(runs);
            if (!BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(numbers, numbers);
            }

            hash.AppendData(MemoryMarshal.AsBytes(numbers));
        }
    }
}
