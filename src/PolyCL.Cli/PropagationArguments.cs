using System.CommandLine;
using System.Globalization;
using PolyCL.Imaging;
using PolyCL.Sam;

namespace PolyCL.Cli;

/// <summary>The options that say how a mask is carried through a scan.</summary>
internal sealed class PropagationArguments
{
    private static readonly VolumePropagationOptions Defaults = new();
    private readonly Option<string> range = new("--range") { Description = "stop: outward until the object is gone, no other label used; labelled: the annotated slices alone (paper §3.3.2).", DefaultValueFactory = _ => "stop" };
    private readonly Option<int> stopAfter = new("--stop-after") { Description = "Slices in a row without the object that end a pass; 0 goes to the scan's ends.", HelpName = "N", DefaultValueFactory = _ => Defaults.Passes.StopAfter };
    private readonly Option<string?> reference = new("--reference") { Description = "Where several slices have a mask: middle (paper), largest, or the slice's number from the feet.", HelpName = "WHICH" };
    private readonly Option<string> order = new("--order") { Description = "Which direction is tracked first: forward or reverse.", DefaultValueFactory = _ => "forward" };
    private readonly Option<bool> fresh = new("--fresh-states") { Description = "Start the second pass from the reference slice alone." };
    private readonly Option<int> holes = new("--fill-holes") { Description = "Fill holes of at most this many pixels in the low-resolution masks; 0 fills none.", HelpName = "PX" };
    private readonly Option<bool> scoreReference = new("--score-reference") { Description = "Count the reference slice in the Dice." };
    private readonly Option<bool> noStretch = new("--no-stretch") { Description = "Do not stretch each slice to its own least and largest value after the window." };
    private readonly Option<double> level = new("--level") { Description = "Centre of the window that SAM 2 sees, HU.", HelpName = "HU", DefaultValueFactory = _ => Window.Abdomen.Level };
    private readonly Option<double> width = new("--width") { Description = "Width of that window, HU.", HelpName = "HU", DefaultValueFactory = _ => Window.Abdomen.Width };

    public PropagationArguments()
    {
        range.AcceptOnlyFromAmong("stop", "labelled");
        order.AcceptOnlyFromAmong("forward", "reverse");
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { range, stopAfter, reference, order, fresh, holes, scoreReference, noStretch, level, width })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the command line gives.</summary>
    /// <exception cref="ArgumentException">A value is out of range or the reference is no rule and no number.</exception>
    public VolumePropagationOptions Options(ParseResult parse)
    {
        var (rule, index) = Reference(parse.GetValue(reference));
        return new VolumePropagationOptions
        {
            Range = parse.GetValue(range) == "labelled" ? SliceRange.Labelled : SliceRange.StopRule,
            Reference = rule,
            ReferenceIndex = index,
            Passes = new PropagationOptions
            {
                Order = parse.GetValue(order) == "reverse" ? PassOrder.ReverseFirst : PassOrder.ForwardFirst,
                FreshStates = parse.GetValue(fresh),
                FillHoles = parse.GetValue(holes),
                StopAfter = parse.GetValue(stopAfter),
            },
            Window = new Window(parse.GetValue(level), parse.GetValue(width)),
            StretchSlices = !parse.GetValue(noStretch),
            ScoreReference = parse.GetValue(scoreReference),
        };
    }

    private static (ReferenceRule Rule, int Index) Reference(string? text) => text switch
    {
        null => (ReferenceRule.Only, 0),
        "middle" => (ReferenceRule.Middle, 0),
        "largest" => (ReferenceRule.LargestArea, 0),
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (ReferenceRule.Index, index)
            : throw new ArgumentException($"--reference {text}: give middle, largest, or a slice's number counted from the feet from 0."),
    };
}
