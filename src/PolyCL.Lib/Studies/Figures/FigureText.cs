using System.Globalization;

namespace PolyCL.Studies.Figures;

/// <summary>The words on a figure that is made from a table.</summary>
internal static class FigureText
{
    /// <summary>Number and test data; a phantom never under the name of the data it stands in for.</summary>
    public static string Subject(StudyTable table) =>
        $"Table {table.Number}: {(table.Phantom ? $"phantom in place of {table.PaperDataset}" : table.PaperDataset)}";

    /// <summary>The line beneath: profile, data, seeds, runs.</summary>
    public static string Provenance(StudyTable table)
    {
        var runs = table.Rows.SelectMany(row => row.Runs).ToList();
        var seeds = string.Join(", ", runs.Select(run => run.Seed).Distinct().Order().Select(seed => seed.ToString(CultureInfo.InvariantCulture)));
        return $"{(table.Phantom ? "phantom CT, no reproduction; " : "")}profile {table.Profile}; {table.DataLine}; "
            + (runs.Count == 0 ? "no runs" : string.Create(CultureInfo.InvariantCulture, $"seeds {seeds}, {runs.Count} runs"));
    }
}
