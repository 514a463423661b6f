namespace PolyCL.Metrics;

/// <summary>All scores of one scan: of the volume, and of each slice. <see cref="ScoreSummary.Of"/> brings scans together.</summary>
public sealed record ScanScores
{
    /// <summary>Over all evaluated slices together.</summary>
    public required VolumeScores Volume { get; init; }

    /// <summary>One entry per evaluated slice, from the feet up.</summary>
    public required IReadOnlyList<SliceScores> Slices { get; init; }

    /// <summary>This scan's row: the summary over this scan alone.</summary>
    public ScoreSummary Row() => ScoreSummary.Of([this]);
}
