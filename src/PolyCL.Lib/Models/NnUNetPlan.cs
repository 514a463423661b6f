using PolyCL.Core;

namespace PolyCL.Models;

/// <summary>What nnU-Net's planner gives for 2-D slices of one size: depth, widths and batch size.</summary>
/// <remarks>
/// The rules of its default planner for 8 GB: halve while an edge has at least 8 pixels; widths double from 32 to at most 512; the batch is 12 for
/// 85 million feature-map values, in proportion. Its further limit, 5 % of the data set in a batch, is left to whoever knows the data set.
/// </remarks>
public sealed record NnUNetPlan
{
    private const int LeastEdge = 4;
    private const double ReferenceEstimate = 85_000_000;
    private const double ReferenceBatch = 12;
    private const int LeastBatch = 2;

    private NnUNetPlan(int size, IReadOnlyList<int> features)
    {
        Size = size;
        Features = features;
        FeatureMapEstimate = Estimate(size, features);
        BatchSize = Math.Max(LeastBatch, (int)Math.Round(ReferenceBatch * ReferenceEstimate / FeatureMapEstimate));
    }

    /// <summary>Rows and columns of a slice.</summary>
    public int Size { get; }

    /// <summary>Channels of each stage, shallow to deep; the first keeps the slice's size, each later one halves it.</summary>
    public IReadOnlyList<int> Features { get; }

    /// <summary>Values in the feature maps of one slice, by the planner's count.</summary>
    public long FeatureMapEstimate { get; }

    /// <summary>Slices of a minibatch, at least 2.</summary>
    public int BatchSize { get; }

    /// <summary>Plans for slices of one size.</summary>
    /// <param name="size">Rows and columns; after the halvings whole pixels must be left.</param>
    /// <param name="firstWidth">Channels of the first stage; nnU-Net's are 32.</param>
    /// <param name="mostWidth">Most channels of any stage; nnU-Net's are 512.</param>
    /// <exception cref="ArgumentException">The size does not halve evenly, where nnU-Net would pad.</exception>
    public static NnUNetPlan ForSlices(int size, int firstWidth = 32, int mostWidth = 512)
    {
        var features = new List<int> { Check.Positive(firstWidth) };
        for (var edge = Check.Positive(size); edge >= 2 * LeastEdge; edge = (edge + 1) / 2)
        {
            features.Add(Math.Min(Check.Positive(mostWidth), 2 * features[^1]));
        }

        var divisor = 1 << (features.Count - 1);
        return size % divisor == 0
            ? new NnUNetPlan(size, features)
            : throw new ArgumentException($"nnU-Net: slices of {size}×{size} cannot be halved {features.Count - 1} times; give a multiple of {divisor}.", nameof(size));
    }

    /// <summary>Two convolutions a stage in the encoder, two and a transposed one in the decoder, and the two classes of the last output.</summary>
    private static long Estimate(long size, IReadOnlyList<int> features)
    {
        var total = 2 * size * size;
        for (var stage = 0; stage < features.Count; stage++)
        {
            var edge = size >> stage;
            total += (stage == features.Count - 1 ? 2 : 5) * features[stage] * edge * edge;
        }

        return total;
    }
}
