using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Data.Phantom;
using PolyCL.Imaging;
using PolyCL.Sam.Modules;

namespace PolyCL.Sam.Training;

/// <summary>A phantom scan in memory: axial slices from the feet up, window 40/400, and the organ in them.</summary>
internal sealed class TinyScan
{
    private readonly byte[] grey;
    private readonly byte[] mask;
    private readonly byte[] tissues;

    private TinyScan(int slices, int height, int width)
    {
        (Slices, Height, Width) = (slices, height, width);
        grey = new byte[slices * height * width];
        mask = new byte[grey.Length];
        tissues = new byte[grey.Length];
    }

    /// <summary>Number of slices.</summary>
    public int Slices { get; }

    /// <summary>Rows of a slice.</summary>
    public int Height { get; }

    /// <summary>Columns of a slice.</summary>
    public int Width { get; }

    /// <summary>The slices that show the organ, ascending.</summary>
    public IReadOnlyList<int> OrganSlices { get; private set; } = [];

    /// <summary>Grey levels of a slice, 0 to 255 over the window, [Height · Width].</summary>
    public ReadOnlySpan<byte> Grey(int slice) => grey.AsSpan(slice * Height * Width, Height * Width);

    /// <summary>The organ in a slice, 0 and 1, [Height · Width].</summary>
    public ReadOnlySpan<byte> Mask(int slice) => mask.AsSpan(slice * Height * Width, Height * Width);

    /// <summary>What a slice shows, values of <see cref="PhantomTissue"/>, [Height · Width].</summary>
    public ReadOnlySpan<byte> Tissues(int slice) => tissues.AsSpan(slice * Height * Width, Height * Width);

    /// <summary>One tissue in a slice, 0 and 1, [Height · Width].</summary>
    public byte[] Mask(int slice, PhantomTissue tissue)
    {
        var result = Tissues(slice).ToArray();
        foreach (ref var value in result.AsSpan())
        {
            value = value == (byte)tissue ? (byte)1 : (byte)0;
        }

        return result;
    }

    /// <summary>Generates the scans of a recipe: grid after grid, in each site after site.</summary>
    /// <param name="phantoms">Which.</param>
    /// <param name="progress">Told after each scan.</param>
    /// <param name="token">Stops between slices.</param>
    public static IReadOnlyList<TinyScan> Generate(TinyPhantoms phantoms, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        List<TinyScan> scans = [];
        var total = phantoms.Grids.Count * phantoms.Sites.Count * phantoms.Scans;
        foreach (var (position, grid) in phantoms.Grids.Index())
        {
            foreach (var site in phantoms.Sites)
            {
                var options = new PhantomOptions { Site = site, Matrix = grid.Matrix, Slices = phantoms.Slices, Seed = phantoms.Seed + position };
                for (var index = 0; index < phantoms.Scans; index++)
                {
                    scans.Add(Of(PhantomGenerator.Generate(options, index, token), grid.Prepared));
                    progress?.Report(new ProgressReport("phantoms", scans.Count, total));
                }
            }
        }

        return scans;
    }

    /// <summary>SHA-256 over sizes, grey levels, masks and tissues of all scans.</summary>
    public static string Digest(IEnumerable<TinyScan> scans) => ContentHash.OfText(string.Join('\n', scans.Select(scan =>
        $"{scan.Slices}×{scan.Height}×{scan.Width} {ContentHash.OfBytes(scan.grey)} {ContentHash.OfBytes(scan.mask)} {ContentHash.OfBytes(scan.tissues)}")));

    private static TinyScan Of(PhantomScan phantom, int? prepared)
    {
        var (view, labels, map) = (phantom.Ct.Reorient(Orientation.Lps), phantom.Labels.Reorient(Orientation.Lps), phantom.Tissues.Reorient(Orientation.Lps));
        var scan = new TinyScan(view.Shape.Z, prepared ?? view.Shape.Y, prepared ?? view.Shape.X);
        var plane = scan.Height * scan.Width;
        var pipeline = prepared is { } size ? new SlicePipeline(new PrepareOptions { Size = size }) : null;
        var shares = new float[plane];
        var whole = new byte[map.Shape.Y * map.Shape.X];
        for (var z = 0; z < scan.Slices; z++)
        {
            var mask = scan.mask.AsSpan(z * plane, plane);
            if (pipeline is null)
            {
                view.CopySlice(z, shares);
                Window.Abdomen.Apply(shares);
                labels.CopySlice(z, mask);
                default(OrganRule).Apply(mask);
            }
            else
            {
                pipeline.Pixels(view, z, shares);
                pipeline.Mask(labels, z, default, mask);
            }

            map.CopySlice(z, whole);
            SliceResize.NearestExact(whole, map.Shape.Y, map.Shape.X, scan.tissues.AsSpan(z * plane, plane), scan.Height, scan.Width);
            SamImage.GreyLevels(shares).CopyTo(scan.grey, z * plane);
        }

        scan.OrganSlices = [.. Enumerable.Range(0, scan.Slices).Where(z => scan.Mask(z).Contains((byte)1))];
        return scan;
    }
}
