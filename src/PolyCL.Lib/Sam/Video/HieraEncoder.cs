using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>SAM 2's image encoder: Hiera and its neck.</summary>
/// <remarks>In: the prepared slice [N, 3, S, S] and <see cref="Positions"/>. Out: the neck's three maps, finest first.</remarks>
internal sealed class HieraEncoder : Module<Tensor, Tensor, Tensor[]>
{
    private readonly HieraTrunk trunk;
    private readonly FeatureNeck neck;

    public HieraEncoder(Sam2Architecture sizes) : base(nameof(HieraEncoder))
    {
        trunk = new HieraTrunk(sizes);
        neck = new FeatureNeck(sizes);
        RegisterComponents();
    }

    /// <summary>The maps of Hiera's four stages, finest first.</summary>
    public Tensor[] Stages(Tensor input, Tensor positions) => trunk.call(input, positions);

    /// <summary>Hiera's position table for slices of <paramref name="imageSize"/> pixels a side; the same for every slice.</summary>
    public Tensor Positions(long imageSize) => trunk.Positions(imageSize / 4);

    public override Tensor[] forward(Tensor input, Tensor positions)
    {
        var stages = Stages(input, positions);
        var maps = neck.call(stages);
        foreach (var stage in stages)
        {
            stage.Dispose();
        }

        return maps;
    }
}
