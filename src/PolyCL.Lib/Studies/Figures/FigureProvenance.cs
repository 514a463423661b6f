namespace PolyCL.Studies.Figures;

/// <summary>The line beneath a figure that is made from a table.</summary>
internal static class FigureProvenance
{
    public static string Of(StudyTable table) =>
        $"{(table.Phantom ? "phantom CT, no reproduction; " : "")}Table {table.Number}, profile {table.Profile}; {table.DataLine}; {table.Provenance}";
}
