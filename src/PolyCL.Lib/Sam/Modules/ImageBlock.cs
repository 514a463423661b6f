using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>A transformer block over an image of patches; attention within windows, or over the whole image.</summary>
/// <remarks>
/// In and out: [N, H, W, C]. The image is filled up with zeros to whole windows after the first norm; these take part as keys, as in SAM's training.
/// </remarks>
internal sealed class ImageBlock : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-6;
    private readonly LayerNorm norm1;
    private readonly ImageAttention attn;
    private readonly LayerNorm norm2;
    private readonly MlpBlock mlp;
    private readonly int window;

    /// <param name="width">Width of a token.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="mlpWidth">Width inside the inner map.</param>
    /// <param name="window">Patches along one side of a window.</param>
    public ImageBlock(int width, int heads, int mlpWidth, int window) : base(nameof(ImageBlock))
    {
        this.window = window;
        norm1 = LayerNorm(width, Epsilon);
        attn = new ImageAttention(width, heads, window);
        norm2 = LayerNorm(width, Epsilon);
        mlp = new MlpBlock(width, mlpWidth, gelu: true);
        RegisterComponents();
    }

    /// <inheritdoc cref="ImageAttention.ChunkRows"/>
    internal int ChunkRows { set => attn.ChunkRows = value; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = input + Attend(norm1.call(input));
        return (attended + mlp.call(norm2.call(attended))).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x)
    {
        var (height, width) = (x.shape[1], x.shape[2]);
        return height == window && width == window
            ? attn.call(x)
            : Windows.Join(attn.call(Windows.Cut(x, window)), x, window, height, width);
    }
}
