using System.CommandLine;
using System.Globalization;
using PolyCL.Sam;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl propagate</c>: carries the mask of one slice through a scan with SAM 2.</summary>
internal static class PropagateCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var propagation = new PropagationArguments();
        var weights = new Option<string?>("--sam2") { Description = "SAM 2's weight file as Meta publishes it, such as sam2.1_hiera_tiny.pt; without it a small network trained on phantoms.", HelpName = "FILE" };
        var precision = PrecisionArgument.Create("Image encoder in fp32 or bf16.");
        var size = new Option<int?>("--image-size") { Description = "Pixels a side to which slices are resized, if not as the weights' 1024.", HelpName = "PX" };
        var image = new Option<string>("--image") { Description = "The scan: a NIfTI file in HU.", Required = true };
        var mask = new Option<string>("--reference-mask") { Description = "The mask of the reference slice: a NIfTI file on the scan's grid.", Required = true };
        var output = new Option<string>("--out") { Description = "The masks to write: .nii or .nii.gz, in the scan's geometry.", Required = true };
        var label = new Option<int?>("--label") { Description = "The label that counts; without it all values above 0.", HelpName = "N" };
        var orientation = LabelArguments.AxesOption("The true axis order of both files when their own is missing or wrong, such as LPS.");
        var command = new Command("propagate", "Carry the mask of one slice through a scan with SAM 2 and write the masks as NIfTI.")
        {
            weights, image, mask, output, label, orientation, precision, size,
        };
        propagation.AddTo(command);
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var options = propagation.Options(parse);
            var axes = LabelArguments.Axes(parse, orientation);
            var result = run.Run(parse, (progress, token) =>
            {
                var opening = new Sam2Options
                {
                    Precision = PrecisionArgument.Of(parse, precision),
                    ImageSize = parse.GetValue(size),
                };
                using var model = Sam2.Load(parse.GetValue(weights) ?? TinyWeights.Sam2, opening, compute.Options(parse).Open());
                return VolumePropagation.Of(
                    model, parse.GetRequiredValue(image), parse.GetRequiredValue(mask), parse.GetRequiredValue(output), options, parse.GetValue(label), axes, progress, token);
            });
            foreach (var warning in result.Warnings)
            {
                Console.Error.WriteLine($"polycl: warning: {warning}");
            }

            if (run.Json(parse))
            {
                JsonOutput.Write(result);
            }
            else
            {
                Write(result);
            }

            return 0;
        });
        return command;
    }

    private static void Write(VolumePropagation result)
    {
        var range = result.Options.Range == SliceRange.Labelled ? "labelled slices" : "stop rule";
        var dice = result.Dice is { } mean ? $", mean Dice {mean:0.0000} of {result.ScoredSlices} annotated slices {(result.Options.ScoreReference ? "with" : "without")} the reference" : "";
        var model = result.ModelLabel is { } label ? $"{result.Model}, {label}" : result.Model;
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Mask}: slices {result.First} to {result.Last} of {result.Slices} from slice {result.Reference} ({range}), "
            + $"{result.Voxels} voxels, {result.Millilitres:0.0} ml (SAM 2 {model}){dice}"));
    }
}
