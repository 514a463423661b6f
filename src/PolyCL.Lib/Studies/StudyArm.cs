using System.Globalization;
using PolyCL.Models;
using PolyCL.Studies.Masks;

namespace PolyCL.Studies;

/// <summary>One row of Tables 1–7, as the paper prints it or as an upper bound beneath.</summary>
/// <param name="Backbone">Network of a pre-trained row, "none" for one from scratch, empty in the tables that name none.</param>
/// <param name="Model">The arm; from scratch the network.</param>
/// <param name="LabelPercent">Labels seen, %, or null where the table does not vary them.</param>
internal sealed record StudyArm(string Backbone, string Model, double? LabelPercent = null)
{
    private const string WithSam = " + SAM", WithSam2 = " + SAM 2";

    /// <summary>What is trained for the row, or null for an upper bound.</summary>
    public TableRow? Row { get; private init; }

    /// <summary>What becomes of the predicted masks.</summary>
    public SamUse Sam { get; private init; }

    /// <summary>Of an upper bound of SAM 2: every which slice is given; 0 for the middle one alone.</summary>
    public int AnnotatedEvery { get; private init; }

    /// <summary>Whether the masks start from the truth instead of from a trained network.</summary>
    public bool IsBound => Row is null;

    /// <summary>As a row is named on the command line.</summary>
    public string Label => Name + (LabelPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $", {percent:0.##} %") : "");

    /// <summary>The label without the share of labels, which names all shares.</summary>
    public string Name => Backbone is "none" or "" ? Model : $"{Backbone}, {Model}";

    /// <summary>The 20 rows of Tables 1–3 in the order of the paper.</summary>
    public static IReadOnlyList<StudyArm> OfNetworks { get; } =
        [.. PaperTables.Of(1).Select(score => new StudyArm(score.Backbone, score.Model) { Row = TableRow.Of(score.Backbone, score.Model) }).Distinct()];

    /// <summary>The rows of a table in the order of the paper, upper bounds last.</summary>
    /// <param name="protocol">The table.</param>
    /// <param name="backbone">The network of the tables that name none.</param>
    /// <param name="every">The upper bound in which every n-th slice is annotated.</param>
    public static IReadOnlyList<StudyArm> Of(StudyProtocol protocol, BackboneKind backbone, int every) =>
        protocol.Sam == SamUse.None ? OfNetworks : [.. OfLabels(protocol.Table, backbone), .. Bounds(protocol.Sam, every)];

    /// <summary>The rows of some labels in their order; all when none is given.</summary>
    /// <exception cref="ArgumentException">A label names no row.</exception>
    public static IReadOnlyList<StudyArm> Named(IReadOnlyList<StudyArm> arms, IReadOnlyList<string> labels)
    {
        if (labels.FirstOrDefault(label => !arms.Any(arm => arm.IsNamed(label))) is { } unknown)
        {
            throw new ArgumentException($"'{unknown}' is no row of these tables; give one of: {string.Join("; ", arms.Select(arm => arm.Name).Distinct())}.", nameof(labels));
        }

        return labels.Count == 0 ? arms : [.. arms.Where(arm => labels.Any(arm.IsNamed))];
    }

    private static IEnumerable<StudyArm> OfLabels(int table, BackboneKind backbone) => PaperTables.Of(table).Select(score =>
    {
        var sam = score.Model.EndsWith(WithSam2, StringComparison.Ordinal) ? SamUse.Propagate
            : score.Model.EndsWith(WithSam, StringComparison.Ordinal) ? SamUse.Refine
            : SamUse.None;
        return new StudyArm(score.Backbone, score.Model, score.LabelPercent)
        {
            Row = TableRow.Of(backbone.Name(), score.Model.Split(" + ")[0]),
            Sam = sam,
        };
    });

    private static IEnumerable<StudyArm> Bounds(SamUse sam, int every) => sam == SamUse.Refine
        ? [new StudyArm("", "SAM, boxes of the true masks") { Sam = sam }]
        :
        [
            new StudyArm("", "SAM 2, true mask of the middle slice") { Sam = sam },
            new StudyArm("", string.Create(CultureInfo.InvariantCulture, $"SAM 2, true mask of every {every}th slice")) { Sam = sam, AnnotatedEvery = every },
        ];

    private bool IsNamed(string label) => label.Trim() is var text
        && (string.Equals(text, Label, StringComparison.OrdinalIgnoreCase) || string.Equals(text, Name, StringComparison.OrdinalIgnoreCase));
}
