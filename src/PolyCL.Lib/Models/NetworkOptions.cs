using System.Text.Json.Serialization;
using PolyCL.Models.Weights;

namespace PolyCL.Models;

/// <summary>Number format of activations and of the weights of convolutions and linear layers; the parameters themselves stay as they are.</summary>
public enum ComputePrecision
{
    /// <summary>The format of the parameters.</summary>
    Full,

    /// <summary>
    /// bfloat16 operands at each convolution and linear layer, norms and statistics in float32, gradients on the parameters. With fused
    /// kernels the feature maps between the blocks are bfloat16 too; logits and embeddings are float32.
    /// </summary>
    BFloat16,
}

/// <summary>A network as a value: which one, how large, how it behaves. It builds the network and is written into configs and model cards.</summary>
/// <remarks>In JSON the property <c>backbone</c> comes first and tells which record it is.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "backbone")]
[JsonDerivedType(typeof(UNetOptions), "unet")]
[JsonDerivedType(typeof(ResUNetOptions), "resunet")]
[JsonDerivedType(typeof(TransUNetOptions), "transunet")]
[JsonDerivedType(typeof(NnUNetOptions), "nnunet")]
public abstract record NetworkOptions
{
    /// <summary>Number format of the computation.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Full;

    /// <summary>Which of the tables' networks this is.</summary>
    [JsonIgnore]
    public abstract BackboneKind Kind { get; }

    /// <summary>The family's name in tables and messages, such as "U-Net".</summary>
    [JsonIgnore]
    public string Backbone => Kind.Name();

    /// <summary>The number height and width of a slice must be divisible by.</summary>
    [JsonIgnore]
    public abstract int Divisor { get; }

    /// <summary>The least height and width of a slice.</summary>
    [JsonIgnore]
    public virtual int MinimumSize => 2 * Divisor;

    /// <summary>The loss that the network is fine-tuned with.</summary>
    [JsonIgnore]
    public virtual SegmentationLoss Loss => SegmentationLoss.Dice;

    /// <summary>Creates the encoder with its own initialisation; seed the global generator just before.</summary>
    public abstract Encoder CreateEncoder();

    /// <summary>Creates the whole network with its own initialisation; seed the global generator just before.</summary>
    public abstract Segmenter CreateSegmenter();

    /// <summary>Fills a new encoder with the weights that this network starts from, when it starts from any.</summary>
    /// <param name="encoder">An encoder that these options built.</param>
    /// <returns>What was matched, adapted and left out, or null when the network starts from random weights.</returns>
    /// <exception cref="Core.WeightMismatchException">The file cannot be read, does not fit, or is not the one these options were made with.</exception>
    public virtual WeightReport? LoadInitialWeights(Encoder encoder) => null;

    /// <summary>The same network by torch's own operations in the parameters' format, where every layer can be counted.</summary>
    internal virtual NetworkOptions Plain => WithPrecision(ComputePrecision.Full);

    /// <summary>The same network in another number format.</summary>
    public NetworkOptions WithPrecision(ComputePrecision precision) => this with { Precision = precision };

    /// <summary>Throws unless the network takes slices of this size.</summary>
    /// <exception cref="ArgumentException">Height or width does not fit.</exception>
    public virtual void CheckSize(long height, long width)
    {
        if (height % Divisor != 0 || width % Divisor != 0 || height < MinimumSize || width < MinimumSize)
        {
            throw new ArgumentException(
                $"{Backbone}: slices of {height}×{width} do not fit; height and width must be multiples of {Divisor}, at least {MinimumSize}. Resize or pad them.");
        }
    }

    /// <summary>Throws unless there are <paramref name="count"/> numbers of channels, each above 0.</summary>
    internal static IReadOnlyList<int> CheckChannels(IReadOnlyList<int> channels, int count, string name)
    {
        ArgumentNullException.ThrowIfNull(channels);
        return channels.Count == count && channels.All(width => width > 0)
            ? channels
            : throw new ArgumentException($"{name} are [{string.Join(", ", channels)}]; give {count} numbers above 0.", name);
    }
}
