using System.CommandLine;
using System.Globalization;

namespace PolyCL.Cli;

/// <summary>The option that names tables of the paper.</summary>
internal static class TableArguments
{
    private const int Last = 7;

    /// <summary><c>--table N[,M]</c>; without a default it must be given.</summary>
    public static Option<string> Create(string? standard)
    {
        var option = new Option<string>("--table") { Description = "Tables of the paper, parted by commas: 1, or 1,2,3.", Required = standard is null };
        if (standard is not null)
        {
            option.DefaultValueFactory = _ => standard;
        }

        option.Validators.Add(result =>
        {
            if (Find(result.GetValueOrDefault<string>() ?? "") is null)
            {
                result.AddError($"--table is '{result.GetValueOrDefault<string>()}'; give numbers from 1 to {Last}, parted by commas.");
            }
        });
        return option;
    }

    /// <summary>The numbers, each once, ascending.</summary>
    public static IReadOnlyList<int> Read(ParseResult parse, Option<string> option) => Find(parse.GetValue(option)!)!;

    private static List<int>? Find(string text)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= Last ? number : 0)
            .ToList();
        return numbers.Contains(0) ? null : [.. numbers.Distinct().Order()];
    }
}
