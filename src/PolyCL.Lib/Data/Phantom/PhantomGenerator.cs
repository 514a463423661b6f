using PolyCL.Core;
using PolyCL.Imaging;

namespace PolyCL.Data.Phantom;

/// <summary>Generates abdominal CT of invented patients; see docs/phantom.md for what is modelled and where the numbers come from.</summary>
public static class PhantomGenerator
{
    /// <summary>Changes whenever the same options give other voxels.</summary>
    public const int Version = 1;

    /// <summary>Generates one scan: a pure function of (site, seed, index, matrix, slices), whatever the number of threads.</summary>
    /// <param name="options">Site, seed, matrix and slices; the number of scans and the layout do not matter.</param>
    /// <param name="index">Which patient, from 0.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static PhantomScan Generate(PhantomOptions options, int index, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check.NotNegative(index);
        var patient = Patient.Draw(options.Site, options.Seed, index);
        var body = new Body(patient);
        var scan = Acquisition.Draw(options, index, body);
        int width = scan.Width, height = scan.Height, slices = scan.Slices, area = width * height;
        var hu = new short[(long)area * slices];
        var tissue = new byte[hu.LongLength];
        Parallel.For(
            0,
            slices,
            new ParallelOptions { CancellationToken = token },
            () => new SliceRenderer(scan, body),
            (k, _, renderer) =>
            {
                renderer.Render(k, hu.AsSpan(k * area, area), tissue.AsSpan(k * area, area));
                return renderer;
            },
            _ => { });
        var shape = new VolumeShape(width, height, slices);
        var labels = Array.ConvertAll(tissue, t => t <= (byte)PhantomTissue.Lesion ? t : (byte)0);
        return new PhantomScan
        {
            Index = index,
            Ct = Volume.FromArray(shape, scan.Affine, hu).Reorient(scan.Orientation),
            Labels = Volume.FromArray(shape, scan.Affine, labels).Reorient(scan.Orientation),
            Tissues = Volume.FromArray(shape, scan.Affine, tissue).Reorient(scan.Orientation),
            Phase = patient.Phase,
            Lesions = body.LesionCount,
        };
    }
}
