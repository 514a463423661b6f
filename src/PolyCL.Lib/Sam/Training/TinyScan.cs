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

    private TinyScan(PhantomTissue organ, int slices, int height, int width, byte[] grey)
    {
        (Organ, Slices, Height, Width) = (organ, slices, height, width);
        this.grey = grey;
        mask = new byte[grey.Length];
    }

    /// <summary>The organ; the liver has its lesions with it.</summary>
    public PhantomTissue Organ { get; }

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

    /// <summary>Generates the scans of a recipe: grid after grid, in each site after site, of each scan organ after organ.</summary>
    /// <param name="phantoms">Which.</param>
    /// <param name="progress">Told after each scan.</param>
    /// <param name="token">Stops between slices.</param>
    public static IReadOnlyList<TinyScan> Generate(TinyPhantoms phantoms, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        List<TinyScan> scans = [];
        PhantomTissue[] organs = [PhantomTissue.Liver, .. phantoms.OtherOrgans ?? []];
        var total = phantoms.Grids.Count * phantoms.Sites.Count * phantoms.Scans * organs.Length;
        foreach (var (position, grid) in phantoms.Grids.Index())
        {
            foreach (var site in phantoms.Sites)
            {
                var options = new PhantomOptions { Site = site, Matrix = grid.Matrix, Slices = phantoms.Slices, Seed = phantoms.Seed + position };
                for (var index = 0; index < phantoms.Scans; index++)
                {
                    scans.AddRange(Of(PhantomGenerator.Generate(options, index, token), grid.Prepared, organs));
                    progress?.Report(new ProgressReport("phantoms", scans.Count, total));
                }
            }
        }

        return scans;
    }

    /// <summary>SHA-256 over sizes, grey levels and masks of all scans.</summary>
    public static string Digest(IEnumerable<TinyScan> scans) => ContentHash.OfText(string.Join('\n', scans.Select(scan =>
        $"{scan.Slices}×{scan.Height}×{scan.Width} {ContentHash.OfBytes(scan.grey)} {ContentHash.OfBytes(scan.mask)}")));

    private static IEnumerable<TinyScan> Of(PhantomScan phantom, int? prepared, PhantomTissue[] organs)
    {
        var view = phantom.Ct.Reorient(Orientation.Lps);
        var (height, width) = (prepared ?? view.Shape.Y, prepared ?? view.Shape.X);
        var pipeline = prepared is { } size ? new SlicePipeline(new PrepareOptions { Size = size }) : null;
        var grey = new byte[view.Shape.Z * height * width];
        var shares = new float[height * width];
        for (var z = 0; z < view.Shape.Z; z++)
        {
            if (pipeline is null)
            {
                view.CopySlice(z, shares);
                Window.Abdomen.Apply(shares);
            }
            else
            {
                pipeline.Pixels(view, z, shares);
            }

            SamImage.GreyLevels(shares).CopyTo(grey, z * shares.Length);
        }

        return organs.Select(organ => new TinyScan(organ, view.Shape.Z, height, width, grey).WithMasks(phantom, pipeline));
    }

    private TinyScan WithMasks(PhantomScan phantom, SlicePipeline? pipeline)
    {
        var (labels, rule) = Organ == PhantomTissue.Liver ? (phantom.Labels, default) : (phantom.Tissues, new OrganRule((int)Organ));
        var view = labels.Reorient(Orientation.Lps);
        var plane = Height * Width;
        for (var z = 0; z < Slices; z++)
        {
            var target = mask.AsSpan(z * plane, plane);
            if (pipeline is null)
            {
                view.CopySlice(z, target);
                rule.Apply(target, out _);
            }
            else
            {
                pipeline.Mask(view, z, rule, target);
            }
        }

        OrganSlices = [.. Enumerable.Range(0, Slices).Where(z => Mask(z).Contains((byte)1))];
        return this;
    }
}
