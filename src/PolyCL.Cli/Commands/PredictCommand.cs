using System.CommandLine;
using System.Globalization;
using PolyCL.Imaging;
using PolyCL.Studies;
using PolyCL.Training;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl predict</c>: segments a scan file.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var compute = new ComputeArguments(run);
        var model = new Option<string>("--model") { Description = "A run folder of finetune, or its model.safetensors.", Required = true };
        var image = new Option<string>("--image") { Description = "The scan: a NIfTI file in HU.", Required = true };
        var output = new Option<string>("--out") { Description = "The mask to write: .nii or .nii.gz, in the scan's geometry.", Required = true };
        var probabilities = new Option<string?>("--probabilities") { Description = "Also write the probabilities to this file." };
        var orientation = LabelArguments.AxesOption("The true axis order when the file's own is missing or wrong, such as LPS.");
        var command = new Command("predict", "Segment a scan and write the mask as NIfTI.") { model, image, output, probabilities, orientation };
        compute.AddTo(command);
        run.AddTo(command);
        command.SetAction(parse =>
        {
            var reading = new NiftiReadOptions { Orientation = LabelArguments.Axes(parse, orientation) };
            var prediction = run.Run(parse, (progress, token) =>
            {
                using var predictor = Predictor.Open(FineTuneCommand.WeightsOf(parse.GetRequiredValue(model), FineTuning.WeightsName), compute.Options(parse));
                return VolumePrediction.Of(
                    predictor, parse.GetRequiredValue(image), parse.GetRequiredValue(output), parse.GetValue(probabilities), reading, progress, token);
            });
            if (prediction.Warning is { } warning)
            {
                Console.Error.WriteLine($"polycl: warning: {warning}");
            }

            if (run.Json(parse))
            {
                JsonOutput.Write(prediction);
            }
            else
            {
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{prediction.Mask}: organ in {prediction.OrganSlices} of {prediction.Slices} slices, {prediction.Millilitres:0.0} ml ({prediction.Model}, profile {prediction.Profile})"));
            }

            return 0;
        });
        return command;
    }
}
