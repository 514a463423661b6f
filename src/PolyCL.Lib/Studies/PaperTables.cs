using System.Globalization;

namespace PolyCL.Studies;

/// <summary>The numbers that the paper prints in Tables 1–7, to stand beside measured ones.</summary>
public static class PaperTables
{
    private const string Resource = "PolyCL.paper-tables.csv";

    private static readonly Lazy<IReadOnlyList<PaperScore>> Scores = new(Read);

    /// <summary>All cells, in the order of the paper.</summary>
    public static IReadOnlyList<PaperScore> All => Scores.Value;

    /// <summary>The cells of one table.</summary>
    /// <param name="table">1 to 7.</param>
    /// <exception cref="ArgumentOutOfRangeException">The paper has no such table of scores.</exception>
    public static IReadOnlyList<PaperScore> Of(int table) =>
        table is >= 1 and <= 7
            ? [.. All.Where(score => score.Table == table)]
            : throw new ArgumentOutOfRangeException(nameof(table), $"The paper has no table {table} of scores; give 1 to 7.");

    private static List<PaperScore> Read()
    {
        using var stream = typeof(PaperTables).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing from the assembly; build it again.");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.StartsWith('#'))
            .Skip(1)
            .Select(Parse)];
    }

    private static PaperScore Parse(string line)
    {
        var parts = line.Split(',');
        return new PaperScore(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            parts[1],
            parts[2],
            parts[3],
            parts[4].Length == 0 ? null : Number(parts[4]),
            parts[5],
            Number(parts[6]),
            Number(parts[7]));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
