namespace PolyCL.Metrics;

/// <summary>Scores over scans: every mean with the count of what entered it and what was left out. Serialises to the metrics JSON.</summary>
/// <remarks>Distances are MONAI 1.5's; what empty masks count is said at each number. Means over nothing are null.</remarks>
public sealed record ScoreSummary
{
    /// <summary>Scans brought together.</summary>
    public required int Scans { get; init; }

    /// <summary>Per scan over all its evaluated slices, in mm; means over scans. The numbers to compare methods by.</summary>
    public required VolumeSummary Volume { get; init; }

    /// <summary>Per slice, in px of the evaluated grid; means over all slices of all scans.</summary>
    public required SliceSummary Slice { get; init; }

    /// <summary>As the authors' code computes them, over all slices of all scans; the only numbers comparable with the paper's tables.</summary>
    public required PaperCodeSummary PaperCode { get; init; }

    /// <summary>Brings scans together, in their order.</summary>
    /// <param name="scans">At least one scan for means other than null.</param>
    /// <param name="paperBatchSize">Slices per batch of the authors' evaluation; batches run on from scan to scan.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not above 0.</exception>
    public static ScoreSummary Of(IReadOnlyList<ScanScores> scans, int paperBatchSize = 1)
    {
        ArgumentNullException.ThrowIfNull(scans);
        List<SliceScores> slices = [.. scans.SelectMany(scan => scan.Slices)];
        return new ScoreSummary
        {
            Scans = scans.Count,
            Volume = VolumeSummary.Of([.. scans.Select(scan => scan.Volume)]),
            Slice = SliceSummary.Of(slices),
            PaperCode = Metrics.PaperCode.Summarize(slices, paperBatchSize),
        };
    }
}
