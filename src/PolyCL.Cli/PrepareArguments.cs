using System.CommandLine;
using PolyCL.Data;
using PolyCL.Imaging;

namespace PolyCL.Cli;

/// <summary>The options that say how scans become slices.</summary>
internal sealed class PrepareArguments
{
    private readonly Option<string> preset = new("--preset") { Description = "Settings to start from.", DefaultValueFactory = _ => "paper" };
    private readonly Option<int?> size = new("--size") { Description = "Rows and columns of a slice, pixels.", HelpName = "N" };
    private readonly Option<double?> keep = new("--keep") { Description = "Share of slices kept from the middle of a scan; 1 keeps all.", HelpName = "SHARE" };
    private readonly Option<double?> level = new("--window-level") { Description = "Centre of the window, HU.", HelpName = "HU" };
    private readonly Option<double?> width = new("--window-width") { Description = "Width of the window, HU.", HelpName = "HU" };
    private readonly Option<bool> tumourApart = new("--tumour-apart") { Description = "Count label 1 alone as organ: 2 (tumour) and all others are left out. A scan with an organ class ignores it." };

    /// <summary>Creates the options.</summary>
    public PrepareArguments() => preset.AcceptOnlyFromAmong("paper", "as-stored", "authors", "authors-fine-tuning");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(preset);
        command.Options.Add(size);
        command.Options.Add(keep);
        command.Options.Add(level);
        command.Options.Add(width);
        command.Options.Add(tumourApart);
    }

    /// <summary>The preset with what the command line changes.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="profileSize">The profile's rows and columns, in force unless <c>--size</c> is given; null for the preset's.</param>
    public PrepareOptions Options(ParseResult parse, int? profileSize = null)
    {
        var start = PrepareOptions.Preset(parse.GetValue(preset)!);
        return start with
        {
            Size = parse.GetValue(size) ?? profileSize ?? start.Size,
            KeepShare = parse.GetValue(keep) ?? start.KeepShare,
            Window = new Window(parse.GetValue(level) ?? start.Window.Level, parse.GetValue(width) ?? start.Window.Width),
            TumourIsOrgan = start.TumourIsOrgan && !parse.GetValue(tumourApart),
        };
    }
}
