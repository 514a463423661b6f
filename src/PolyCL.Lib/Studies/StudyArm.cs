namespace PolyCL.Studies;

/// <summary>One row of Tables 1–3 as the paper prints it.</summary>
/// <param name="Backbone">Network of a pre-trained row, "none" for one from scratch.</param>
/// <param name="Model">The arm; from scratch the network.</param>
internal sealed record StudyArm(string Backbone, string Model)
{
    /// <summary>The row as a value.</summary>
    public TableRow Row { get; } = TableRow.Of(Backbone, Model);

    /// <summary>As a row is named on the command line.</summary>
    public string Label { get; } = Backbone == "none" ? Model : $"{Backbone}, {Model}";

    /// <summary>The 20 rows in the order of the paper.</summary>
    public static IReadOnlyList<StudyArm> All { get; } =
        [.. PaperTables.Of(1).Select(score => (score.Backbone, score.Model)).Distinct().Select(row => new StudyArm(row.Backbone, row.Model))];

    /// <summary>The rows of some labels, in the order of the paper; all when none is given.</summary>
    /// <exception cref="ArgumentException">A label names no row.</exception>
    public static IReadOnlyList<StudyArm> Named(IReadOnlyList<string> labels)
    {
        if (labels.FirstOrDefault(label => !All.Any(arm => arm.IsNamed(label))) is { } unknown)
        {
            throw new ArgumentException($"'{unknown}' is no row of Tables 1–3; give one of: {string.Join("; ", All.Select(arm => arm.Label))}.", nameof(labels));
        }

        return labels.Count == 0 ? All : [.. All.Where(arm => labels.Any(arm.IsNamed))];
    }

    private bool IsNamed(string label) => string.Equals(label.Trim(), Label, StringComparison.OrdinalIgnoreCase);
}
