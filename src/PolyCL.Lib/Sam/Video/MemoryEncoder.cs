using PolyCL.Models.Layers;
using PolyCL.Sam.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>Makes the memory of a slice from its feature map and its mask.</summary>
/// <remarks>
/// In: the feature map [N, dim, S/16, S/16], before memory attention, and the mask as 20·m − 10, [N, 1, S, S].
/// Out: [N, memoryDim, S/16, S/16]. Source: official memory_encoder module.
/// </remarks>
internal sealed class MemoryEncoder : Module<Tensor, Tensor, Tensor>
{
    private readonly MaskDownsampler mask_downsampler;
    private readonly Conv2d pix_feat_proj;
    private readonly Fuser fuser;
    private readonly Conv2d out_proj;

    public MemoryEncoder(Sam2Architecture sizes) : base(nameof(MemoryEncoder))
    {
        mask_downsampler = new MaskDownsampler(sizes.Dim);
        pix_feat_proj = Conv2d(sizes.Dim, sizes.Dim, kernel_size: 1);
        fuser = new Fuser(sizes.Dim, sizes.FuserLayers);
        out_proj = Conv2d(sizes.Dim, sizes.MemoryDim, kernel_size: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor map, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var joined = pix_feat_proj.Apply(map) + mask_downsampler.call(mask);
        return out_proj.Apply(fuser.call(joined)).MoveToOuterDisposeScope();
    }

    /// <summary>Four convolutions that halve the mask, each with channel norm and GELU, and a 1×1 convolution.</summary>
    private sealed class MaskDownsampler : Module<Tensor, Tensor>
    {
        private readonly Sequential encoder;

        public MaskDownsampler(int channels) : base(nameof(MaskDownsampler))
        {
            List<Module<Tensor, Tensor>> steps = [];
            var before = 1;
            for (var i = 0; i < 4; i++)
            {
                var after = 4 * before;
                steps.AddRange([Conv2d(before, after, kernel_size: 3, stride: 2, padding: 1), new ChannelNorm(after), GELU()]);
                before = after;
            }

            steps.Add(Conv2d(before, channels, kernel_size: 1));
            encoder = Sequential(steps);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = input;
            foreach (var step in encoder.children())
            {
                x = step is Conv2d convolution ? convolution.Apply(x) : ((Module<Tensor, Tensor>)step).call(x);
            }

            return x.MoveToOuterDisposeScope();
        }
    }

    /// <summary>ConvNeXt blocks one after another.</summary>
    private sealed class Fuser : Module<Tensor, Tensor>
    {
        private readonly ModuleList<Block> layers;

        public Fuser(int channels, int count) : base(nameof(Fuser))
        {
            layers = ModuleList([.. Enumerable.Range(0, count).Select(_ => new Block(channels))]);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return layers.Aggregate(input, (x, layer) => layer.call(x)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>A 7×7 convolution per channel, channel norm, two linear layers over the channels, scaled by gamma and added.</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private const double FirstGamma = 1e-6;

        private readonly Conv2d dwconv;
        private readonly ChannelNorm norm;
        private readonly Linear pwconv1;
        private readonly Linear pwconv2;
        private readonly Parameter gamma;

        public Block(int channels) : base(nameof(Block))
        {
            dwconv = Conv2d(channels, channels, kernel_size: 7, padding: 3, groups: channels);
            norm = new ChannelNorm(channels);
            pwconv1 = Linear(channels, 4 * channels);
            pwconv2 = Linear(4 * channels, channels);
            gamma = new Parameter(full(channels, FirstGamma));
            gamma.DetachFromDisposeScope();
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = norm.call(dwconv.Apply(input)).permute(0, 2, 3, 1);
            x = pwconv2.call(functional.gelu(pwconv1.call(x))) * gamma;
            return (input + x.permute(0, 3, 1, 2)).MoveToOuterDisposeScope();
        }
    }
}
