namespace PolyCL.Studies.Statistics;

/// <summary>The comparisons that a table is there for, all corrected together.</summary>
/// <remarks>
/// Tables 1–3: every pre-trained row against the same network from scratch, and every PolyCL row against SimCLR and SupCon on the same network.
/// Tables 4–7: every row with SAM or SAM 2 against the row without, and PolyCL-M against PolyCL-S and PolyCL-O, at equal labels.
/// </remarks>
public static class TableComparisons
{
    /// <summary>Compares the rows of a table that have runs.</summary>
    /// <returns>In the order of the rows; Holm's correction runs over all of them. Empty when no two such rows have a scan in common.</returns>
    public static IReadOnlyList<RowComparison> Of(StudyTable table, StudyMetric metric)
    {
        ArgumentNullException.ThrowIfNull(table);
        return RowComparison.Corrected(
            [.. Pairs(table.Rows).Select(pair => RowComparison.Of(pair.First, pair.Second, metric)).OfType<RowComparison>()]);
    }

    /// <summary>The row from scratch that a pre-trained row is measured by; null when the table has none.</summary>
    public static StudyTableRow? Scratch(IReadOnlyList<StudyTableRow> rows, StudyTableRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Backbone is "none" or "" ? null : rows.FirstOrDefault(other => other.Backbone == "none" && other.Model == row.Backbone);
    }

    private static IEnumerable<(StudyTableRow First, StudyTableRow Second)> Pairs(IReadOnlyList<StudyTableRow> rows) =>
        from row in rows
        from rival in RivalsOf(row)
        let other = rows.FirstOrDefault(other => (other.Backbone, other.Model, other.LabelPercent) == (rival.Backbone, rival.Model, row.LabelPercent))
        where other is not null
        select (row, other);

    private static IEnumerable<(string Backbone, string Model)> RivalsOf(StudyTableRow row)
    {
        if (row.Backbone is not ("none" or ""))
        {
            yield return ("none", row.Backbone);
        }

        if (row.Model.StartsWith("PolyCL", StringComparison.Ordinal))
        {
            foreach (var rival in row.Backbone.Length > 0 ? ["SimCLR", "SupCon"] : WithoutTableOfBackbones(row.Model))
            {
                yield return (row.Backbone, rival);
            }
        }
    }

    private static IEnumerable<string> WithoutTableOfBackbones(string model)
    {
        if (model.Split(" + ") is [var plain, _])
        {
            yield return plain;
        }

        if (model.StartsWith("PolyCL-M", StringComparison.Ordinal))
        {
            yield return "PolyCL-S" + model["PolyCL-M".Length..];
            yield return "PolyCL-O" + model["PolyCL-M".Length..];
        }
    }
}
