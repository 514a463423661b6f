using System.CommandLine;
using PolyCL.Studies.Claims;

namespace PolyCL.Cli;

/// <summary>The options of commands that check the paper's claims.</summary>
internal static class ClaimArguments
{
    /// <summary><c>--paper-repeats N</c>.</summary>
    public static Option<int> PaperRepeats() => new("--paper-repeats")
    {
        Description = "Repeats behind each printed mean ± sd: the captions of Tables 1-3 say 5, section 4.2 says 10.",
        DefaultValueFactory = _ => ClaimReport.PaperRepeats,
    };
}
