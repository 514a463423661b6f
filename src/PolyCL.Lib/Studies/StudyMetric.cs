using System.Globalization;
using PolyCL.Metrics;

namespace PolyCL.Studies;

/// <summary>One of the numbers of an evaluation, chosen by name: how it is read, written and judged.</summary>
public sealed record StudyMetric
{
    private readonly Func<ScoreSummary, double?> read;

    private StudyMetric(string name, string title, string format, bool higherIsBetter, Func<ScoreSummary, double?> read)
    {
        (Name, Title, Format, HigherIsBetter, this.read) = (name, title, format, higherIsBetter, read);
    }

    /// <summary>Dice as the authors' code computes it; stands beside the paper's.</summary>
    public static StudyMetric PaperDice { get; } = Share("paper_code.dice", "Dice (paper's code)", scores => scores.PaperCode.Dice);

    /// <summary>Hausdorff as the authors' code computes it; stands beside the paper's.</summary>
    public static StudyMetric PaperHausdorff { get; } =
        Distance("paper_code.hausdorff_px", "Hausdorff (paper's code, px)", "0.000", scores => scores.PaperCode.HausdorffPx);

    /// <summary>Dice per scan: the number to compare methods by.</summary>
    public static StudyMetric VolumeDice { get; } = Share("volume.dice", "Dice per scan", scores => scores.Volume.Dice);

    /// <summary>All metrics, in the order of the metrics JSON; the paper's last.</summary>
    public static IReadOnlyList<StudyMetric> All { get; } =
    [
        VolumeDice,
        Distance("volume.hausdorff_mm", "Hausdorff (mm)", "0.00", scores => scores.Volume.HausdorffMm),
        Distance("volume.hd95_mm", "HD95 (mm)", "0.00", scores => scores.Volume.Hd95Mm),
        Distance("volume.assd_mm", "ASSD (mm)", "0.00", scores => scores.Volume.AssdMm),
        Share("volume.surface_dice_2mm", "surface Dice at 2 mm", scores => scores.Volume.SurfaceDice2Mm),
        Share("slice.dice", "Dice per slice", scores => scores.Slice.Dice),
        Share("slice.dice_all", "Dice per slice, empty ones too", scores => scores.Slice.DiceAll),
        Distance("slice.hausdorff_px", "Hausdorff per slice (px)", "0.00", scores => scores.Slice.HausdorffPx),
        Distance("slice.hd95_px", "HD95 per slice (px)", "0.00", scores => scores.Slice.Hd95Px),
        PaperDice,
        PaperHausdorff,
    ];

    /// <summary>The two that the paper prints.</summary>
    public static IReadOnlyList<StudyMetric> OfPaper { get; } = [PaperDice, PaperHausdorff];

    /// <summary>Those that the paper prints in one of its tables: both in Tables 1–3, Dice in 4 and 6, Hausdorff in 5 and 7; at least one.</summary>
    public static IReadOnlyList<StudyMetric> PrintedIn(StudyTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        List<StudyMetric> printed = [.. OfPaper.Where(metric => table.Rows.Any(row => metric.Printed(row) is not null))];
        return printed.Count > 0 ? printed : OfPaper;
    }

    /// <summary>Name as in the metrics JSON, with its unit.</summary>
    public string Name { get; }

    /// <summary>Heading of a column or axis, with the unit.</summary>
    public string Title { get; }

    /// <summary>How values are written.</summary>
    public string Format { get; }

    /// <summary>Whether more is better (shares) or less (distances).</summary>
    public bool HigherIsBetter { get; }

    /// <summary>The metrics of a family or a single one, by name.</summary>
    /// <param name="names">Families (paper_code, volume, slice) and names, parted by commas.</param>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public static IReadOnlyList<StudyMetric> Of(string names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(Family).Distinct()];
    }

    /// <summary>One metric by its name.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public static StudyMetric Named(string name) =>
        All.FirstOrDefault(metric => metric.Name == name)
        ?? throw new ArgumentException($"There is no metric '{name}'; give one of {string.Join(", ", All.Select(metric => metric.Name))}.", nameof(name));

    /// <summary>The metric of a scan or of an arm; null when it is not defined there.</summary>
    public double? Of(ScoreSummary scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        return read(scores) is { } value && double.IsFinite(value) ? value : null;
    }

    /// <summary>The paper's printed cell of a row in this metric, or null when the paper has none or computes otherwise.</summary>
    public PaperScore? Printed(StudyTableRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return this == PaperDice ? row.PaperDice : this == PaperHausdorff ? row.PaperHausdorff : null;
    }

    /// <summary>A value as text.</summary>
    public string Text(double value) => value.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>A difference as text, with its sign.</summary>
    public string Signed(double value) => value.ToString($"+{Format};−{Format};{Format}", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static StudyMetric Share(string name, string title, Func<ScoreSummary, double?> read) => new(name, title, "0.000", true, read);

    private static StudyMetric Distance(string name, string title, string format, Func<ScoreSummary, double?> read) => new(name, title, format, false, read);

    private static IEnumerable<StudyMetric> Family(string name)
    {
        var found = All.Where(metric => metric.Name == name || metric.Name.StartsWith(name + ".", StringComparison.Ordinal)).ToList();
        return found.Count > 0
            ? found
            : throw new ArgumentException($"There is no metric '{name}'; give paper_code, volume, slice, or one of {string.Join(", ", All.Select(metric => metric.Name))}.");
    }
}
