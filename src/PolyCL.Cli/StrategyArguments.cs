using System.CommandLine;
using PolyCL.Sampling;

namespace PolyCL.Cli;

/// <summary>The options that say how partners are chosen, the same for every command that draws examples.</summary>
internal sealed class StrategyArguments
{
    private static readonly Strategy[] Named = [.. Enum.GetValues<Strategy>().Where(strategy => strategy != Strategy.Custom)];

    private readonly Option<string> strategy = new("--strategy") { Description = "How partners are chosen.", DefaultValueFactory = _ => "mixed" };
    private readonly Option<string> rule = new("--rule")
    {
        Description = "Whose definition: the paper's equations, or everything as the authors' code (scan first, frozen, partnerless dropped).",
        DefaultValueFactory = _ => "paper",
    };

    private readonly Option<string?> draw = new("--draw") { Description = "Draw uniformly by slice, or a scan first; the rule decides unless given." };
    private readonly Option<string?> partnerless = new("--partnerless") { Description = "What becomes of anchors without a partner; the rule decides unless given." };
    private readonly Option<bool> frozen = new("--frozen") { Description = "Use the partners of epoch 0 in every epoch." };

    /// <summary>Creates the options.</summary>
    public StrategyArguments()
    {
        strategy.AcceptOnlyFromAmong([.. Named.Select(NameOf)]);
        rule.AcceptOnlyFromAmong("paper", "authors");
        draw.AcceptOnlyFromAmong("by-slice", "scan-first");
        partnerless.AcceptOnlyFromAmong("fallback", "drop");
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(strategy);
        command.Options.Add(rule);
        command.Options.Add(draw);
        command.Options.Add(partnerless);
        command.Options.Add(frozen);
    }

    /// <summary>The strategy that the command line asks for.</summary>
    public StrategyOptions Options(ParseResult parse)
    {
        var chosen = Array.Find(Named, named => NameOf(named) == parse.GetValue(strategy));
        var start = parse.GetValue(rule) == "authors" ? StrategyOptions.Authors(chosen) : new StrategyOptions { Strategy = chosen };
        return start with
        {
            Draw = parse.GetValue(draw) switch { "by-slice" => PartnerDraw.BySlice, "scan-first" => PartnerDraw.ScanFirst, _ => start.Draw },
            Partnerless = parse.GetValue(partnerless) switch
            {
                "fallback" => PartnerlessRule.Fallback,
                "drop" => PartnerlessRule.Drop,
                _ => start.Partnerless,
            },
            Frozen = start.Frozen || parse.GetValue(frozen),
        };
    }

    /// <summary>The views of SimCLR and SupCon under the rule that the command line asks for.</summary>
    public ViewOptions Views(ParseResult parse)
    {
        var views = parse.GetValue(rule) == "authors" ? ViewOptions.Authors : new ViewOptions();
        return views with { Frozen = views.Frozen || parse.GetValue(frozen) };
    }

    private static string NameOf(Strategy strategy) => new StrategyOptions { Strategy = strategy }.Name;
}
