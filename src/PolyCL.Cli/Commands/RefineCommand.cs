using System.CommandLine;
using System.Globalization;
using PolyCL.Imaging;
using PolyCL.Sam;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl refine</c>: refines a coarse mask with SAM, by boxes round it.</summary>
internal static class RefineCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var sam = new SamArguments();
        var image = new Option<string>("--image") { Description = "The scan: a NIfTI file in HU.", Required = true };
        var mask = new Option<string>("--mask") { Description = "The coarse mask: a NIfTI file on the scan's grid.", Required = true };
        var output = new Option<string>("--out") { Description = "The mask to write: .nii or .nii.gz, in the scan's geometry.", Required = true };
        var label = new Option<int?>("--label") { Description = "The label to refine; without it all values above 0.", HelpName = "N" };
        var level = new Option<double>("--level") { Description = "Centre of the window that SAM sees, HU.", HelpName = "HU", DefaultValueFactory = _ => Window.Abdomen.Level };
        var width = new Option<double>("--width") { Description = "Width of that window, HU.", HelpName = "HU", DefaultValueFactory = _ => Window.Abdomen.Width };
        var orientation = LabelArguments.AxesOption("The true axis order of both files when their own is missing or wrong, such as LPS.");
        var command = new Command("refine", "Refine a coarse mask with SAM and write the result as NIfTI.") { image, mask, output, label, level, width, orientation };
        sam.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var window = new Window(parse.GetValue(level), parse.GetValue(width));
            var axes = LabelArguments.Axes(parse, orientation);
            var refinement = run.Run(parse, (progress, token) =>
            {
                using var refiner = sam.Load(parse, compute.Options(parse));
                return VolumeRefinement.Of(
                    refiner, parse.GetRequiredValue(image), parse.GetRequiredValue(mask), parse.GetRequiredValue(output), window, parse.GetValue(label), axes, progress, token);
            });
            foreach (var warning in refinement.Warnings)
            {
                Console.Error.WriteLine($"polycl: warning: {warning}");
            }

            if (run.Json(parse))
            {
                JsonOutput.Write(refinement);
            }
            else
            {
                var model = refinement.ModelLabel is { } label ? $"{refinement.Model}, {label}" : refinement.Model;
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{refinement.Mask}: {refinement.RefinedSlices} of {refinement.Slices} slices refined by {refinement.Boxes} boxes, "
                    + $"{refinement.CoarseVoxels} voxels became {refinement.Voxels}, {refinement.Millilitres:0.0} ml (SAM {model}, mean predicted quality {refinement.MeanQuality:0.000})"));
            }

            return 0;
        });
        return command;
    }
}
