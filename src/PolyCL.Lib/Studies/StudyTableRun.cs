using PolyCL.Metrics;

namespace PolyCL.Studies;

/// <summary>One finished run of a row, evaluated on the table's test scans.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Run">Name of its run folder.</param>
/// <param name="Scores">Means with their counts.</param>
/// <param name="Scans">One row per scan, in the order of the data set.</param>
public sealed record StudyTableRun(long Seed, string Run, ScoreSummary Scores, IReadOnlyList<ScanRow> Scans);
