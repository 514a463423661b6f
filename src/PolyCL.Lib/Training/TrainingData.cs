using PolyCL.Data;

namespace PolyCL.Training;

/// <summary>What a network is trained on.</summary>
/// <param name="Store">Prepared slices.</param>
/// <param name="Split">Which scans are for training, for validation, and kept apart.</param>
public sealed record TrainingData(SliceStore Store, ScanSplit Split);
