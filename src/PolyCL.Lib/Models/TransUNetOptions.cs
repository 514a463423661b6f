using System.Text.Json.Serialization;
using PolyCL.Core;

namespace PolyCL.Models;

/// <summary>Size and behaviour of TransUNet: a ResNet-v2 body, a transformer over its deepest map, a decoder with three skips. The defaults are R50-ViT-B/16.</summary>
public sealed record TransUNetOptions : NetworkOptions
{
    /// <summary>Rows and columns of a slice; a multiple of 16. The table of positions is made for it.</summary>
    public int ImageSize { get; init => field = CheckMultiple(value, 16, nameof(ImageSize)); } = 256;

    /// <summary>Channels of the body's stem, a multiple of 32; the three blocks have 4, 8 and 16 times as many.</summary>
    public int StemWidth { get; init => field = CheckMultiple(value, 32, nameof(StemWidth)); } = 64;

    /// <summary>Units of the body's three blocks.</summary>
    public IReadOnlyList<int> Units { get; init => field = CheckChannels(value, 3, nameof(Units)); } = [3, 4, 9];

    /// <summary>Length of a token.</summary>
    public int Hidden { get; init => field = Check.Positive(value, nameof(Hidden)); } = 768;

    /// <summary>Width of the layers' inner linear map.</summary>
    public int Mlp { get; init => field = Check.Positive(value, nameof(Mlp)); } = 3072;

    /// <summary>Attention heads; must divide the length of a token.</summary>
    public int Heads { get; init => field = Check.Positive(value, nameof(Heads)); } = 12;

    /// <summary>Transformer layers.</summary>
    public int Layers { get; init => field = Check.Positive(value, nameof(Layers)); } = 12;

    /// <summary>Channels of the tokens' map before the decoder's first step.</summary>
    public int HeadWidth { get; init => field = Check.Positive(value, nameof(HeadWidth)); } = 512;

    /// <summary>Channels of the decoder's four steps, deep to shallow.</summary>
    public IReadOnlyList<int> DecoderWidths { get; init => field = CheckChannels(value, 4, nameof(DecoderWidths)); } = [256, 128, 64, 16];

    /// <summary>Share of elements dropped after the embedding and in each layer's inner map, in [0, 1).</summary>
    public double Dropout { get; init => field = Check.InRange(value, 0.0, 0.95, nameof(Dropout)); } = 0.1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override BackboneKind Kind => BackboneKind.TransUNet;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Divisor => 16;

    /// <summary>Rows and columns of the map of tokens.</summary>
    internal int Grid => ImageSize / 16;

    /// <summary>A ninth of the paper's parameters.</summary>
    /// <param name="imageSize">Rows and columns of a slice.</param>
    public static TransUNetOptions Small(int imageSize) => new()
    {
        ImageSize = imageSize,
        StemWidth = 32,
        Units = [2, 2, 2],
        Hidden = 384,
        Mlp = 1536,
        Heads = 6,
        Layers = 4,
        DecoderWidths = [128, 64, 32, 16],
    };

    /// <summary>For the small profiles.</summary>
    /// <param name="imageSize">Rows and columns of a slice.</param>
    public static TransUNetOptions Tiny(int imageSize) => Small(imageSize) with
    {
        Units = [1, 1, 1],
        Hidden = 96,
        Mlp = 384,
        Heads = 3,
        Layers = 2,
        HeadWidth = 64,
        DecoderWidths = [32, 16, 16, 16],
    };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Heads do not divide the length of a token.</exception>
    public override Encoder CreateEncoder() => new TransUNetEncoder(this);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Heads do not divide the length of a token.</exception>
    public override Segmenter CreateSegmenter() => new TransUNet(this);

    /// <inheritdoc/>
    public override void CheckSize(long height, long width)
    {
        if (height != ImageSize || width != ImageSize)
        {
            throw new ArgumentException(
                $"{Backbone}: slices of {height}×{width} do not fit; this network was built for {ImageSize}×{ImageSize}. Prepare slices of that size, or build it for theirs.");
        }
    }

    private static int CheckMultiple(int value, int unit, string name) => value > 0 && value % unit == 0
        ? value
        : throw new ArgumentOutOfRangeException(name, $"{name} is {value}; it must be a multiple of {unit}.");
}
