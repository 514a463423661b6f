using System.Globalization;
using PolyCL.Core;
using PolyCL.Data.Phantom;
using PolyCL.Imaging;

namespace PolyCL.Studies.Pictures;

/// <summary>The contact sheet of phantom scans: a row per scan, columns from the chest to the pelvis, window 40/400, liver and lesion outlined.</summary>
public static class PhantomSheet
{
    /// <summary>Generates the first scans of each site and lays them out.</summary>
    /// <param name="options">One entry per site; <see cref="PhantomOptions.Scans"/> rows each.</param>
    /// <param name="columns">Slices per scan, evenly spaced over it.</param>
    /// <param name="progress">Told after each scan.</param>
    /// <param name="token">Stops between slices.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 2 columns.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static SliceSheet Of(
        IReadOnlyList<PhantomOptions> options, int columns = 7, IProgress<ProgressReport>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check.InRange(columns, 2, 100);
        var rows = new List<IReadOnlyList<SheetCell?>>();
        var headings = new List<string>();
        foreach (var (site, index) in options.SelectMany(o => Enumerable.Range(0, o.Scans).Select(i => (o, i))))
        {
            var scan = PhantomGenerator.Generate(site, index, token);
            rows.Add(Row(scan, columns));
            headings.Add($"{site.Site} · {Words(scan.Phase)}");
            progress?.Report(new ProgressReport("phantom picture", rows.Count, options.Sum(o => o.Scans)));
        }

        return new SliceSheet
        {
            Rows = rows,
            RowHeadings = headings,
            CellWidth = 208,
            CellHeight = 168,
            Provenance = string.Create(
                CultureInfo.InvariantCulture,
                $"PolyCL.NET phantom {PhantomGenerator.Version}, generated, no patient; seed {options[0].Seed}, matrix {options[0].Matrix}; window 40/400 HU"),
        };
    }

    private static SheetCell[] Row(PhantomScan scan, int columns)
    {
        var ct = scan.Ct.Reorient(Orientation.Lps);
        var labels = scan.Labels.Reorient(Orientation.Lps);
        var cells = new SheetCell[columns];
        for (var c = 0; c < columns; c++)
        {
            var z = (int)Math.Round((ct.Shape.Z - 1) * (0.98 - (0.96 * c / (columns - 1))));
            var pixels = new float[ct.Shape.X * ct.Shape.Y];
            var label = new float[pixels.Length];
            ct.CopySlice(z, pixels);
            labels.CopySlice(z, label);
            Window.Abdomen.Apply(pixels);
            // Every other slice stays bare, so that the grey values can be seen as they are.
            MaskLayer[] masks = c % 2 == 0 ? []
                : label.Max() < 2 ? [Layer("liver", label, 1, PictureColour.Yellow)]
                : [Layer("liver", label, 1, PictureColour.Yellow), Layer("lesion", label, 2, PictureColour.SkyBlue)];
            cells[c] = new SheetCell(pixels, ct.Shape.Y, ct.Shape.X) { Masks = masks };
        }

        return cells;
    }

    /// <summary>The outline of what has at least a label: the liver with its lesions, or the lesions alone.</summary>
    private static MaskLayer Layer(string name, float[] label, float least, PictureColour colour) =>
        new(name, Array.ConvertAll(label, value => value >= least ? (byte)1 : (byte)0), colour);

    private static string Words(ContrastPhase phase) => phase switch
    {
        ContrastPhase.Native => "native",
        ContrastPhase.Arterial => "arterial",
        _ => "portal venous",
    };
}
