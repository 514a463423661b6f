using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>Hiera: a hierarchical vision transformer of four stages.</summary>
/// <remarks>
/// In: the prepared slice [N, 3, S, S] and <see cref="Positions"/>. Out: the stages' maps [N, C·2^k, S/(4·2^k), S/(4·2^k)], finest first.
/// Source: official hieradet module.
/// </remarks>
internal sealed class HieraTrunk : Module<Tensor, Tensor, Tensor[]>
{
    private readonly PatchEmbedding patch_embed;
    private readonly ModuleList<HieraBlock> blocks;
    private readonly Parameter pos_embed;
    private readonly Parameter pos_embed_window;
    private readonly HashSet<int> stageEnds = [];

    public HieraTrunk(Sam2Architecture sizes) : base(nameof(HieraTrunk))
    {
        patch_embed = new PatchEmbedding(sizes.Width);
        pos_embed = new Parameter(zeros(1, sizes.Width, sizes.BackgroundSize, sizes.BackgroundSize));
        pos_embed_window = new Parameter(zeros(1, sizes.Width, sizes.Windows[0], sizes.Windows[0]));
        pos_embed.DetachFromDisposeScope();
        pos_embed_window.DetachFromDisposeScope();
        blocks = ModuleList<HieraBlock>();
        var (channels, heads) = (sizes.Width, sizes.Heads);
        for (var stage = 0; stage < sizes.Stages.Count; stage++)
        {
            for (var i = 0; i < sizes.Stages[stage]; i++)
            {
                var pools = i == 0 && stage > 0;
                var window = sizes.GlobalBlocks.Contains(blocks.Count) ? 0 : sizes.Windows[pools ? stage - 1 : stage];
                var before = channels;
                if (pools)
                {
                    (channels, heads) = (2 * channels, 2 * heads);
                }

                blocks.Add(new HieraBlock(before, channels, heads, window, pools));
            }

            stageEnds.Add(blocks.Count - 1);
        }

        RegisterComponents();
    }

    /// <summary>The position table for maps of <paramref name="size"/> tokens a side: one part stretched over the map, one repeated in each window.</summary>
    /// <returns>[1, size, size, C] in the parameters' number format.</returns>
    public Tensor Positions(long size)
    {
        using var scope = NewDisposeScope();
        var stretched = functional.interpolate(pos_embed.to_type(ScalarType.Float32), size: [size, size], mode: InterpolationMode.Bicubic, align_corners: false);
        var tiles = size / pos_embed_window.shape[2];
        var table = (stretched + pos_embed_window.tile([1, 1, tiles, tiles])).permute(0, 2, 3, 1).contiguous();
        return table.to_type(pos_embed.dtype).MoveToOuterDisposeScope();
    }

    public override Tensor[] forward(Tensor input, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var x = patch_embed.call(input) + positions;
        List<Tensor> stages = [];
        for (var i = 0; i < blocks.Count; i++)
        {
            var next = blocks[i].call(x);
            x.Dispose();
            x = next;
            if (stageEnds.Contains(i))
            {
                stages.Add(x.permute(0, 3, 1, 2).MoveToOuterDisposeScope());
            }
        }

        return [.. stages];
    }

    /// <summary>A 7×7 convolution of stride 4.</summary>
    private sealed class PatchEmbedding : Module<Tensor, Tensor>
    {
        private readonly Conv2d proj;

        public PatchEmbedding(int width) : base(nameof(PatchEmbedding))
        {
            proj = Conv2d(3, width, kernel_size: 7, stride: 4, padding: 3);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return proj.Apply(input).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
        }
    }
}
