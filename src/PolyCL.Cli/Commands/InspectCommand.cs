using System.CommandLine;
using System.Globalization;
using PolyCL.Imaging;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl inspect FILE</c>: what a NIfTI file holds, as stored.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A NIfTI file: .nii, .nii.gz, .hdr or .img." };
        var orientation = LabelArguments.AxesOption("The true axis order when the file's own is missing or wrong, such as LPS.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("inspect", "Show shape, type, geometry and value range of a NIfTI file.") { file, orientation, json };
        command.SetAction(parse =>
        {
            var path = parse.GetRequiredValue(file);
            var summary = NiftiReader.Summarize(path, out var header, new NiftiReadOptions { Orientation = LabelArguments.Axes(parse, orientation) });
            if (parse.GetValue(json))
            {
                WriteJson(path, header, summary);
            }
            else
            {
                WriteText(path, header, summary);
            }

            return 0;
        });
        return command;
    }

    private static void WriteJson(string path, NiftiHeader header, VoxelSummary summary) => JsonOutput.Write(new
    {
        path,
        format = header.Format,
        shape = header.Dimensions,
        dtype = TypeName(header),
        endian = header.BigEndian ? "big" : "little",
        spacing = Spacing(header),
        affine = Rows(header.Affine),
        orientation = Orientation.FromAffine(header.Affine).ToString(),
        min = summary.Minimum,
        max = summary.Maximum,
        sum = summary.Sum,
        first = summary.First.Select(Number),
    });

    private static void WriteText(string path, NiftiHeader header, VoxelSummary summary)
    {
        var letters = Orientation.FromAffine(header.Affine).ToString();
        Line("file", path);
        Line("format", $"{header.Format}, {(header.BigEndian ? "big" : "little")}-endian");
        Line("shape", string.Join(" × ", header.Dimensions));
        Line("dtype", TypeName(header) + (header is { Slope: 1, Intercept: 0 }
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", scaled by {header.Slope} plus {header.Intercept}")));
        Line("spacing", string.Join(" × ", Spacing(header).Select(Text)) + (header.Unit == LengthUnit.Unknown ? " mm (no unit in the file)" : " mm"));
        Line("orientation", header.OrientationKnown ? letters : $"not in the file ({letters} by convention)");
        Line("affine", string.Join(" ; ", Rows(header.Affine).Select(row => string.Join(' ', row.Select(Text)))));
        Line("range", summary.Minimum is { } low && summary.Maximum is { } high ? $"{Text(low)} to {Text(high)}" : "no finite voxel");
        Line("sum", Text(summary.Sum));
        Line("first", string.Join(' ', summary.First.Select(Text)));
        foreach (var note in header.Notes)
        {
            Line("note", note);
        }
    }

    /// <summary>Of the stored axes: mm from the affine for those of space, pixdim for the rest.</summary>
    private static IEnumerable<double> Spacing(NiftiHeader header) =>
        new[] { header.Spacing.X, header.Spacing.Y, header.Spacing.Z }.Take(header.Dimensions.Count).Concat(header.PixelSizes.Skip(3));

    private static void Line(string name, string value) => Console.Out.WriteLine($"{name,-12} {value}");

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string TypeName(NiftiHeader header) => header.StoredType.ToString().ToLowerInvariant();

    private static object Number(double value) =>
        double.IsNaN(value) ? "nan" : double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf") : value;

    private static double[][] Rows(Affine affine) =>
        [.. Enumerable.Range(0, 4).Select(row => Enumerable.Range(0, 4).Select(column => affine[row, column]).ToArray())];
}
