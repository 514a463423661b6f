namespace PolyCL.Studies;

/// <summary>One cell of the paper's Tables 1–7.</summary>
/// <param name="Table">Number of the table.</param>
/// <param name="Dataset">Data set of the test scans: LiTS, TotalSegmentator or MSD.</param>
/// <param name="Backbone">Network of a pre-trained arm, "none" for one without pre-training, empty where the table names none.</param>
/// <param name="Model">The arm; without pre-training the network.</param>
/// <param name="LabelPercent">Labels seen, %, or null where the table does not vary them.</param>
/// <param name="Metric">"Dice" (share) or "Hausdorff" (pixels), as the authors' code computes them.</param>
/// <param name="Mean">Mean over the paper's repeats.</param>
/// <param name="Sd">Standard deviation over them.</param>
public sealed record PaperScore(int Table, string Dataset, string Backbone, string Model, double? LabelPercent, string Metric, double Mean, double Sd);
