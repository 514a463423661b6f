using System.CommandLine;
using PolyCL.Models;
using PolyCL.Sam;
using PolyCL.Studies;

namespace PolyCL.Cli;

/// <summary>The options of a study that say how Tables 4–7 are made.</summary>
internal sealed class StudySamArguments
{
    private static readonly StudySamOptions Defaults = new();
    private readonly Option<string?> backbone = NetworkArguments.BackboneOption();
    private readonly Option<string?> sam = new("--sam") { Description = "SAM's weight file of Tables 4 and 5; smoke and quick take the small one of this project unless given.", HelpName = "FILE" };
    private readonly Option<string?> sam2 = new("--sam2") { Description = "SAM 2's weight file of Tables 6 and 7; likewise.", HelpName = "FILE" };
    private readonly BoxArguments boxes = new();
    private readonly Option<string> samPrecision = PrecisionArgument.Create("SAM's image encoder in fp32 or bf16.", "--sam-precision");
    private readonly Option<string> range = TrainingArguments.Words(
        "--range", "Slices that SAM 2 comes to. labelled: those that show the organ (paper §3.3.2); stop: outward until the object is gone, no label used.", "labelled", "labelled", "stop");
    private readonly Option<int> every = new("--annotated-every")
    {
        Description = "The upper bound in which every n-th slice is annotated.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.AnnotatedEvery,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        backbone.Description = "Network of Tables 4-7, which name none; unet unless given.";
        Option[] options = [backbone, sam, sam2, samPrecision, range, every];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        boxes.AddTo(command);
    }

    /// <summary>The network of Tables 4–7.</summary>
    public BackboneKind Backbone(ParseResult parse) => parse.GetValue(backbone) is { } name ? NetworkArguments.KindOf(name) : BackboneKind.UNet;

    /// <summary>SAM and SAM 2 as the command line says.</summary>
    public StudySamOptions Options(ParseResult parse) => new()
    {
        Weights = parse.GetValue(sam),
        Weights2 = parse.GetValue(sam2),
        Refinement = boxes.Options(parse) with { Precision = PrecisionArgument.Of(parse, samPrecision) },
        Precision = PrecisionArgument.Of(parse, samPrecision),
        Range = parse.GetValue(range) == "stop" ? SliceRange.StopRule : SliceRange.Labelled,
        AnnotatedEvery = parse.GetValue(every),
    };
}
