using System.Text.Json.Serialization;

namespace PolyCL.Models;

/// <summary>Size of nnU-Net's plain 2-D network; the defaults are its plan for 256×256.</summary>
public sealed record NnUNetOptions : NetworkOptions
{
    /// <summary>Channels of each stage, shallow to deep, two stages or more; each later one halves the map.</summary>
    public IReadOnlyList<int> Features { get; init => field = CheckFeatures(value); } = [32, 64, 128, 256, 512, 512, 512];

    /// <inheritdoc/>
    [JsonIgnore]
    public override BackboneKind Kind => BackboneKind.NnUNet;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Divisor => 1 << (Features.Count - 1);

    /// <inheritdoc/>
    [JsonIgnore]
    public override SegmentationLoss Loss => SegmentationLoss.DeepDiceCrossEntropy;

    /// <summary>The network of a plan.</summary>
    public static NnUNetOptions Of(NnUNetPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new NnUNetOptions { Features = plan.Features };
    }

    /// <inheritdoc/>
    public override Encoder CreateEncoder() => new NnUNetEncoder(this);

    /// <inheritdoc/>
    public override Segmenter CreateSegmenter() => new NnUNet(this);

    private static IReadOnlyList<int> CheckFeatures(IReadOnlyList<int> features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return features.Count is >= 2 and <= 16
            ? CheckChannels(features, features.Count, nameof(Features))
            : throw new ArgumentException($"{nameof(Features)} are [{string.Join(", ", features)}]; give 2 to 16 numbers above 0.", nameof(features));
    }
}
