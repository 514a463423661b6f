using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Imaging;

namespace PolyCL.Studies;

/// <summary>How often Hounsfield values occur in some scans, in all voxels and inside the organ.</summary>
/// <param name="Centres">Middle of each bin, HU; equally spaced.</param>
/// <param name="All">Share of all voxels in each bin; voxels outside the range count in the total only.</param>
/// <param name="Organ">Share of the organ's voxels in each bin; zeros without an organ voxel.</param>
/// <param name="Scans">Scans read.</param>
public sealed record HuHistogram(IReadOnlyList<double> Centres, IReadOnlyList<double> All, IReadOnlyList<double> Organ, int Scans)
{
    /// <summary>Reads whole scans and counts their voxels.</summary>
    /// <param name="scans">The scans; at least one.</param>
    /// <param name="low">Lower end of the range, HU.</param>
    /// <param name="high">Upper end of the range, HU.</param>
    /// <param name="binWidth">Width of a bin, HU.</param>
    /// <param name="progress">Told after every scan.</param>
    /// <param name="token">Stops between scans.</param>
    /// <exception cref="ArgumentException">There is no scan, or the range is empty.</exception>
    /// <exception cref="ScanFormatException">A file cannot be read.</exception>
    /// <exception cref="DatasetException">A label has another shape than its scan.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static HuHistogram Of(
        IReadOnlyList<ScanRecord> scans,
        double low = -1100,
        double high = 1500,
        double binWidth = 10,
        IProgress<ProgressReport>? progress = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(scans);
        if (scans.Count == 0)
        {
            throw new ArgumentException("There is no scan to count; give at least one.", nameof(scans));
        }

        Check.Positive(high - low);
        var all = new long[(int)Math.Ceiling((high - low) / Check.Positive(binWidth))];
        var organ = new long[all.Length];
        long voxels = 0, organVoxels = 0;
        for (var i = 0; i < scans.Count; i++)
        {
            token.ThrowIfCancellationRequested();
            var reading = ScanGeometry.Options(scans[i].Orientation);
            var ct = HuVolume.Read(scans[i].ImagePath, reading).Volume;
            var label = scans[i].LabelPath is { } path ? new OrganRule(scans[i].OrganClass).Of(LabelMap.Read(path, reading)) : null;
            if (label is not null && label.Shape != ct.Shape)
            {
                throw new DatasetException($"{scans[i].LabelPath}: the label has {label.Shape} voxels and the scan {ct.Shape}; give the label that belongs to it.", scans[i].LabelPath);
            }

            var area = ct.Shape.X * ct.Shape.Y;
            var (values, mask) = (new float[area], new byte[area]);
            for (var z = 0; z < ct.Shape.Z; z++)
            {
                ct.CopySlice(z, values);
                label?.CopySlice(z, mask);
                organVoxels += mask.AsSpan().Count((byte)1);
                voxels += area;
                for (var k = 0; k < area; k++)
                {
                    var bin = (int)Math.Floor((values[k] - low) / binWidth);
                    if ((uint)bin < (uint)all.Length)
                    {
                        all[bin]++;
                        organ[bin] += mask[k];
                    }
                }
            }

            progress?.Report(new ProgressReport("histogram", i + 1, scans.Count, scans[i].Id));
        }

        double[] Shares(long[] counts, long total) => Array.ConvertAll(counts, count => (double)count / Math.Max(1, total));
        return new([.. all.Select((_, bin) => low + ((bin + 0.5) * binWidth))], Shares(all, voxels), Shares(organ, organVoxels), scans.Count);
    }
}
