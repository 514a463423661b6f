using PolyCL.Sam.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>A block of Hiera: attention in windows or over the whole map, then two linear layers; a stage's first block halves the map.</summary>
/// <remarks>In: [N, H, W, inChannels]. Out: [N, H, W, outChannels], or half of H and W where it pools. Source: official hieradet module.</remarks>
internal sealed class HieraBlock : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-6;

    private readonly LayerNorm norm1;
    private readonly Attention attn;
    private readonly LayerNorm norm2;
    private readonly Mlp mlp;
    private readonly Linear? proj;
    private readonly int window;
    private readonly bool pools;

    /// <param name="inChannels">Channels before.</param>
    /// <param name="outChannels">Channels after.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="window">Side of a window in tokens, or 0 for the whole map.</param>
    /// <param name="pools">Whether the block halves the map.</param>
    public HieraBlock(int inChannels, int outChannels, int heads, int window, bool pools) : base(nameof(HieraBlock))
    {
        this.window = window;
        this.pools = pools;
        norm1 = LayerNorm(inChannels, Epsilon);
        attn = new Attention(inChannels, outChannels, heads, pools);
        norm2 = LayerNorm(outChannels, Epsilon);
        mlp = new Mlp(outChannels, 4 * outChannels, outChannels, depth: 2, gelu: true);
        proj = inChannels == outChannels ? null : Linear(inChannels, outChannels);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(input);
        var shortcut = proj is null ? input : Pool(proj.call(normed), pools);
        var attended = window == 0 ? attn.call(normed) : Windows.Join(attn.call(Windows.Cut(normed, window)), normed, window, shortcut.shape[1], shortcut.shape[2]);
        var output = shortcut + attended;
        return (output + mlp.call(norm2.call(output))).MoveToOuterDisposeScope();
    }

    private static Tensor Pool(Tensor x, bool pools) =>
        pools ? functional.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1) : x;

    /// <summary>Multi-head attention within each map; where it pools, the queries of four neighbours become one by maximum.</summary>
    /// <remarks>In: [B, h, w, inChannels]. Out: [B, h, w, outChannels], or half of h and w.</remarks>
    private sealed class Attention : Module<Tensor, Tensor>
    {
        private readonly Linear qkv;
        private readonly Linear proj;
        private readonly int heads;
        private readonly int channels;
        private readonly bool pools;

        public Attention(int inChannels, int outChannels, int heads, bool pools) : base(nameof(Attention))
        {
            this.heads = heads;
            this.pools = pools;
            channels = outChannels;
            qkv = Linear(inChannels, 3 * outChannels);
            proj = Linear(outChannels, outChannels);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var (n, height, width) = (input.shape[0], input.shape[1], input.shape[2]);
            var all = qkv.call(input).view(n, height * width, 3, heads, channels / heads);
            var query = Pool(all.select(2, 0).reshape(n, height, width, channels), pools);
            var (outHeight, outWidth) = (query.shape[1], query.shape[2]);
            var mixed = functional.scaled_dot_product_attention(
                query.reshape(n, outHeight * outWidth, heads, channels / heads).transpose(1, 2), Heads(1), Heads(2));
            return proj.call(mixed.transpose(1, 2).reshape(n, outHeight, outWidth, channels)).MoveToOuterDisposeScope();

            Tensor Heads(long part) => all.select(2, part).transpose(1, 2);   // [B, heads, h · w, C / heads]
        }
    }
}
