using System.CommandLine;
using PolyCL.Sam;

namespace PolyCL.Cli;

/// <summary>The options that say how a coarse mask becomes SAM's prompts, and which of its masks counts.</summary>
internal sealed class BoxArguments
{
    private readonly Option<string> boxes = TrainingArguments.Words("--boxes", "slice: one box round all foreground (paper eqs. 6-7); component: one round each connected area.", "slice", "slice", "component");
    private readonly Option<double> margin = new("--margin") { Description = "Pixels by which each box grows.", HelpName = "PX" };
    private readonly Option<bool> bestOfThree = new("--multimask") { Description = "Of SAM's three masks for ambiguous prompts take the one it thinks best." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(boxes);
        command.Options.Add(margin);
        command.Options.Add(bestOfThree);
    }

    /// <summary>What the command line gives.</summary>
    public SamOptions Options(ParseResult parse) => new()
    {
        Boxes = parse.GetValue(boxes) == "component" ? BoxRule.OnePerComponent : BoxRule.OnePerSlice,
        Margin = parse.GetValue(margin),
        BestOfThree = parse.GetValue(bestOfThree),
    };
}
