using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>nnU-Net's decoder: transposed convolution, the skip map behind it, two convolutions; logits of two classes at every stage.</summary>
/// <remarks>In: the encoder's maps. Out: logits [N, 2, H, W], [N, 2, H/2, W/2] and so on; class 0 is background, class 1 the organ.</remarks>
public sealed class NnUNetDecoder : Module<IReadOnlyList<Tensor>, Tensor[]>
{
    private const int Classes = 2;

    private readonly ModuleList<ConvStack> stages;
    private readonly ModuleList<ConvTranspose2d> transpconvs;
    private readonly ModuleList<Conv2d> seg_layers;
    private readonly NnUNetOptions options;

    /// <summary>Creates the decoder with nnU-Net's Kaiming-normal initialisation.</summary>
    public NnUNetDecoder(NnUNetOptions options) : base(nameof(NnUNetDecoder))
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        int[] deepFirst = [.. options.Features.Reverse()];
        var skips = deepFirst[1..];
        stages = ModuleList([.. skips.Select(width => new ConvStack(2 * width, width, 1, options.Precision))]);
        transpconvs = ModuleList([.. skips.Select((width, i) => ConvTranspose2d(deepFirst[i], width, kernel_size: 2, stride: 2))]);
        seg_layers = ModuleList([.. skips.Select(width => Conv2d(width, Classes, kernel_size: 1))]);
        foreach (var layer in transpconvs)
        {
            ConvStack.Initialise(layer.weight, layer.bias!);
        }

        foreach (var layer in seg_layers)
        {
            ConvStack.Initialise(layer.weight, layer.bias!);
        }

        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor[] forward(IReadOnlyList<Tensor> features) => Compute(features, stages.Count);

    /// <summary>The logits of the slice's own size alone.</summary>
    /// <returns>[N, 2, H, W].</returns>
    internal Tensor Finest(IReadOnlyList<Tensor> features) => Compute(features, 1)[0];

    /// <summary>Logits of the finest <paramref name="count"/> stages, finest first.</summary>
    private Tensor[] Compute(IReadOnlyList<Tensor> features, int count)
    {
        using var scope = NewDisposeScope();
        var outputs = new Tensor[count];
        var x = features[^1];
        for (var stage = 0; stage < stages.Count; stage++)
        {
            var doubled = transpconvs[stage].Apply(x, options.Precision);
            x = stages[stage].call(cat([doubled, features[stages.Count - 1 - stage]], 1));
            var place = stages.Count - 1 - stage;
            if (place < count)
            {
                outputs[place] = seg_layers[stage].Apply(x, options.Precision).MoveToOuterDisposeScope();
            }
        }

        return outputs;
    }
}
