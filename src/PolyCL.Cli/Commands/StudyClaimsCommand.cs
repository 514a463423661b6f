using System.CommandLine;
using System.Globalization;
using PolyCL.Studies.Claims;

namespace PolyCL.Cli.Commands;

/// <summary><c>polycl study claims</c>: what the paper's tables, and our runs, say of its claims.</summary>
internal static class StudyClaimsCommand
{
    public static Command Create()
    {
        var table = TableArguments.Create("1,2,3,4,5,6,7");
        var repeats = ClaimArguments.PaperRepeats();
        var runs = new Option<string[]>("--runs") { Description = "Our runs: tables as study show --json writes them; may be repeated.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("claims", "Check the paper's claims by its printed numbers (Welch) and by our runs (paired by scan).") { table, repeats, runs, json };
        command.SetAction(parse =>
        {
            var ours = StudyTableFile.ReadAll(parse.GetValue(runs) ?? []);
            List<ClaimReport> reports =
                [.. TableArguments.Read(parse, table).Select(number => ClaimReport.Of(number, ours.GetValueOrDefault(number), parse.GetValue(repeats)))];
            if (parse.GetValue(json))
            {
                JsonOutput.Write(reports);
            }
            else
            {
                reports.ForEach(Write);
            }

            return 0;
        });
        return command;
    }

    private static void Write(ClaimReport report)
    {
        Console.Out.WriteLine($"Table {report.Table}. {report.Assumption}");
        Console.Out.WriteLine(report.Runs is { } runs ? $"Our runs: {runs}" : "No runs of ours are given.");
        Console.Out.WriteLine();
        var counts = new TextTable("claim", "holds", "does not hold", "cannot tell", "by");
        foreach (var (kind, holds, not, open) in report.Counts())
        {
            counts.Add(ClaimWords.Of(kind), Number(holds), Number(not), Number(open), "printed");
        }

        foreach (var (kind, holds, not, open) in report.OwnCounts())
        {
            counts.Add(ClaimWords.Of(kind), Number(holds), Number(not), Number(open), "our runs");
        }

        counts.Write(Console.Out);
        Console.Out.WriteLine();
        foreach (var check in report.Checks)
        {
            Console.Out.WriteLine(check.Sentence);
        }

        Console.Out.WriteLine();
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
