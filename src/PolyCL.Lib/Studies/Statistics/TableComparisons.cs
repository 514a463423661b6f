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

    /// <summary>The row that a row is measured by: the same network from scratch, or the same arm without SAM; null for rows that stand for themselves.</summary>
    public static StudyTableRow? Baseline(IReadOnlyList<StudyTableRow> rows, StudyTableRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        (string Backbone, string Model)? sought = row.Backbone is not ("none" or "") ? ("none", row.Backbone)
            : row.Model.Split(" + ") is [var plain, _] ? (row.Backbone, plain)
            : null;
        return sought is { } key ? rows.FirstOrDefault(other => (other.Backbone, other.Model, other.LabelPercent) == (key.Backbone, key.Model, row.LabelPercent)) : null;
    }

    private static IEnumerable<(StudyTableRow First, StudyTableRow Second)> Pairs(IReadOnlyList<StudyTableRow> rows) =>
        from row in rows
        from other in new[] { Baseline(rows, row) }.Concat(RivalsOf(row).Select(rival => rows.FirstOrDefault(
            other => (other.Backbone, other.Model, other.LabelPercent) == (row.Backbone, rival, row.LabelPercent))))
        where other is not null
        select (row, other);

    private static IEnumerable<string> RivalsOf(StudyTableRow row) =>
        !row.Model.StartsWith("PolyCL", StringComparison.Ordinal) ? []
        : row.Backbone.Length > 0 ? ["SimCLR", "SupCon"]
        : row.Model.StartsWith("PolyCL-M", StringComparison.Ordinal) ? ["PolyCL-S" + row.Model["PolyCL-M".Length..], "PolyCL-O" + row.Model["PolyCL-M".Length..]]
        : [];
}
