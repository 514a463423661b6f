using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>Brings Hiera's stages to one width and adds the coarsest, doubled, to the one above.</summary>
/// <remarks>
/// In: four maps, finest first. Out: three maps [N, dim, S/4, S/4], [N, dim, S/8, S/8], [N, dim, S/16, S/16]; the coarsest is dropped.
/// The weights lie from the coarsest stage to the finest. Source: official image_encoder module.
/// </remarks>
internal sealed class FeatureNeck : Module<Tensor[], Tensor[]>
{
    private readonly ModuleList<Lateral> convs;

    public FeatureNeck(Sam2Architecture sizes) : base(nameof(FeatureNeck))
    {
        convs = ModuleList<Lateral>();
        for (var stage = 3; stage >= 0; stage--)
        {
            convs.Add(new Lateral(sizes.Width << stage, sizes.Dim));
        }

        RegisterComponents();
    }

    public override Tensor[] forward(Tensor[] stages)
    {
        using var scope = NewDisposeScope();
        var coarsest = functional.interpolate(convs[0].call(stages[3]), scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        Tensor[] maps = [convs[3].call(stages[0]), convs[2].call(stages[1]), convs[1].call(stages[2]) + coarsest];
        foreach (var map in maps)
        {
            map.MoveToOuterDisposeScope();
        }

        return maps;
    }

    /// <summary>A 1×1 convolution, called "conv" in the weights.</summary>
    private sealed class Lateral : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv;

        public Lateral(int inChannels, int outChannels) : base(nameof(Lateral))
        {
            conv = Conv2d(inChannels, outChannels, kernel_size: 1);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => conv.Apply(input);
    }
}
