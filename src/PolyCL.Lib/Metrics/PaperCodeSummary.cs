namespace PolyCL.Metrics;

/// <summary>Means over the batches of the authors' evaluation.</summary>
public sealed record PaperCodeSummary
{
    /// <summary>Mean of the batches' mean smoothed Dice, a share.</summary>
    public required double? Dice { get; init; }

    /// <summary>Mean one-directed, truncated Hausdorff over the <see cref="N"/> batches above 0, px.</summary>
    public required double? HausdorffPx { get; init; }

    /// <summary>Batches (slices, with batch size 1) in the mean Hausdorff.</summary>
    public required int N { get; init; }

    /// <summary>Batches left out of it: misses, empty truths, perfect ones, and those on which the authors' code stops.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Slices per batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Sample standard deviations over batches.</summary>
    public required PaperCodeSpread Sd { get; init; }
}

/// <summary>Sample standard deviations over batches, in the units of the means; null with fewer than two values.</summary>
/// <param name="Dice">Over all batches.</param>
/// <param name="HausdorffPx">Over the batches in the mean.</param>
public sealed record PaperCodeSpread(double? Dice, double? HausdorffPx);
