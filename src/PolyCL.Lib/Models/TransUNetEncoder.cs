using PolyCL.Models.Layers;
using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>TransUNet's encoder: the convolutional body and a transformer over its deepest map.</summary>
/// <remarks>
/// In: float [N, 1, S, S], S the size it was built for; the slice is fed as three equal colours. Out: the body's maps [N, 64, S/2, S/2],
/// [N, 256, S/4, S/4], [N, 512, S/8, S/8] and the encoded tokens as a map [N, 768, S/16, S/16]. Source: TransUNet (Apache-2.0).
/// </remarks>
public sealed class TransUNetEncoder : Encoder
{
    private readonly TokenEmbedding embeddings;
    private readonly TransformerStack encoder;
    private readonly TransUNetOptions options;

    /// <summary>Creates the encoder: torch's default initialisation, Xavier-uniform inner maps, positions of 0.</summary>
    /// <exception cref="ArgumentException">Heads do not divide the length of a token.</exception>
    public TransUNetEncoder(TransUNetOptions? options = null) : base(nameof(TransUNetEncoder))
    {
        this.options = options ?? new TransUNetOptions();
        if (this.options.Hidden % this.options.Heads != 0)
        {
            throw new ArgumentException($"TransUNet: {this.options.Heads} heads do not divide tokens of {this.options.Hidden}; change one of them.", nameof(options));
        }

        var w = this.options.StemWidth;
        Channels = [w, 4 * w, 8 * w, this.options.Hidden];
        embeddings = new TokenEmbedding(this.options, Dropout);
        encoder = new TransformerStack(this.options, Dropout);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Channels { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, S, S] of the size this network was built for.</exception>
    public override Tensor[] forward(Tensor input)
    {
        ImageInput.Check(input, options);
        Dropout.NextPass();
        using var scope = NewDisposeScope();
        var maps = embeddings.call(input);
        var tokens = encoder.call(maps[3]);                              // [N, T, C]
        return Given(maps[0], maps[1], maps[2], tokens.transpose(1, 2).reshape(input.shape[0], options.Hidden, options.Grid, options.Grid));
    }

    /// <summary>Averages the encoded tokens.</summary>
    /// <returns>[N, 768].</returns>
    public override Tensor Pool(IReadOnlyList<Tensor> features) => features[^1].mean([2, 3]);
}
