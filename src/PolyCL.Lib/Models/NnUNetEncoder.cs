using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>nnU-Net's plain encoder: stages of two convolutions, each after the first halving the map.</summary>
/// <remarks>In: float [N, 1, H, W], H and W divisible by 2 to the number of halvings. Out: one map per stage, shallow to deep. Source: nnU-Net (Apache-2.0).</remarks>
public sealed class NnUNetEncoder : Encoder
{
    private readonly ModuleList<ModuleList<ConvStack>> stages;
    private readonly NnUNetOptions options;

    /// <summary>Creates the encoder with nnU-Net's Kaiming-normal initialisation.</summary>
    public NnUNetEncoder(NnUNetOptions? options = null) : base(nameof(NnUNetEncoder))
    {
        this.options = options ?? new NnUNetOptions();
        var f = this.options.Features;
        stages = ModuleList([.. f.Select((width, stage) =>
            ModuleList(new ConvStack(stage == 0 ? 1 : f[stage - 1], width, stage == 0 ? 1 : 2, this.options.Precision)))]);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Channels => options.Features;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] of a size that halves evenly.</exception>
    public override Tensor[] forward(Tensor input)
    {
        ImageInput.Check(input, options);
        using var scope = NewDisposeScope();
        var maps = new Tensor[stages.Count];
        for (var stage = 0; stage < maps.Length; stage++)
        {
            maps[stage] = stages[stage][0].call(stage == 0 ? input : maps[stage - 1]);
        }

        return Given(maps);
    }

    /// <summary>Averages the deepest features.</summary>
    /// <returns>[N, 512].</returns>
    public override Tensor Pool(IReadOnlyList<Tensor> features) => features[^1].mean([2, 3]);
}
