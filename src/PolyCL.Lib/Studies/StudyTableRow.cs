using System.Text.Json.Serialization;

namespace PolyCL.Studies;

/// <summary>One row of a <see cref="StudyTable"/>: an arm, its runs, and the paper's numbers.</summary>
public sealed record StudyTableRow
{
    /// <summary>Network of a pre-trained arm, "none" for one without pre-training, empty where the table names none; as the paper prints it.</summary>
    public required string Backbone { get; init; }

    /// <summary>The arm as the paper prints it; without pre-training the network.</summary>
    public required string Model { get; init; }

    /// <summary>Labels seen, %, or null where the table does not vary them.</summary>
    public double? LabelPercent { get; init; }

    /// <summary>Whether the masks start from the truth: what could at best be had, no method of the paper.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool UpperBound { get; init; }

    /// <summary>Why there is no number, or null when every run is there.</summary>
    public string? Missing { get; init; }

    /// <summary>The finished runs, by seed; empty when there is none.</summary>
    public IReadOnlyList<StudyTableRun> Runs { get; init; } = [];

    /// <summary>The Dice that the paper prints, or null where it prints none.</summary>
    public PaperScore? PaperDice { get; init; }

    /// <summary>The Hausdorff that the paper prints, or null where it prints none.</summary>
    public PaperScore? PaperHausdorff { get; init; }

    /// <summary>Backbone and arm in one, as a row is named on the command line: "U-Net, PolyCL-M"; labels seen follow where they vary.</summary>
    public string Label =>
        (Backbone is "none" or "" ? Model : $"{Backbone}, {Model}") + (LabelPercent is { } percent ? FormattableString.Invariant($", {percent:0.##} %") : "");
}
