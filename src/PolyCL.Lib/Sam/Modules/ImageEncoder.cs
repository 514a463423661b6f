using PolyCL.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>SAM's image encoder: a vision transformer and a neck of convolutions.</summary>
/// <remarks>In: [N, 3, S, S], normalised. Out: [N, 256, S / 16, S / 16]. Source: segment-anything (Apache-2.0).</remarks>
internal sealed class ImageEncoder : Module<Tensor, Tensor>
{
    private readonly Parameter pos_embed;
    private readonly PatchEmbedding patch_embed;
    private readonly ModuleList<ImageBlock> blocks;
    private readonly Neck neck;

    public ImageEncoder(SamArchitecture sizes) : base(nameof(ImageEncoder))
    {
        patch_embed = new PatchEmbedding(sizes.Width);
        pos_embed = new Parameter(zeros(1, sizes.Grid, sizes.Grid, sizes.Width));
        pos_embed.DetachFromDisposeScope();
        blocks = ModuleList([.. sizes.Windows.Select(window => new ImageBlock(sizes.Width, sizes.Heads, sizes.MlpWidth, window))]);
        neck = new Neck(sizes.Width, sizes.EmbeddingWidth);
        RegisterComponents();
        ChunkRows = 8;
    }

    /// <inheritdoc cref="ImageAttention.ChunkRows"/>
    internal int ChunkRows
    {
        set
        {
            foreach (var block in blocks)
            {
                block.ChunkRows = value;
            }
        }
    }

    /// <summary>Told the patches, then each block's output, [N, H, W, C]; for tests. The tensors live for the call only.</summary>
    internal Action<Tensor>? Observer { get; set; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var patches = patch_embed.call(input);
        Observer?.Invoke(patches);
        var x = patches + pos_embed;
        foreach (var block in blocks)
        {
            using var before = x;
            x = block.call(before);
            Observer?.Invoke(x);
        }

        return neck.call(x.permute(0, 3, 1, 2)).MoveToOuterDisposeScope();
    }

    private sealed class PatchEmbedding : Module<Tensor, Tensor>
    {
        private readonly Conv2d proj;

        public PatchEmbedding(int width) : base(nameof(PatchEmbedding))
        {
            proj = Conv2d(3, width, kernel_size: SamArchitecture.Patch, stride: SamArchitecture.Patch);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return proj.Apply(input).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
        }
    }

    private sealed class Neck : Module<Tensor, Tensor>
    {
        [ComponentName(Name = "0")]
        private readonly Conv2d conv1;

        [ComponentName(Name = "1")]
        private readonly ChannelNorm norm1;

        [ComponentName(Name = "2")]
        private readonly Conv2d conv2;

        [ComponentName(Name = "3")]
        private readonly ChannelNorm norm2;

        public Neck(int width, int outputs) : base(nameof(Neck))
        {
            conv1 = Conv2d(width, outputs, kernel_size: 1, bias: false);
            norm1 = new ChannelNorm(outputs);
            conv2 = Conv2d(outputs, outputs, kernel_size: 3, padding: 1, bias: false);
            norm2 = new ChannelNorm(outputs);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return norm2.call(conv2.Apply(norm1.call(conv1.Apply(input)))).MoveToOuterDisposeScope();
        }
    }
}
