using PolyCL.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Brings a mask of logits to the image embedding's size and width.</summary>
/// <remarks>In: [N, 1, 4h, 4w]. Out: [N, C, h, w].</remarks>
internal sealed class MaskDownscaling : Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly Conv2d conv1;

    [ComponentName(Name = "1")]
    private readonly ChannelNorm norm1;

    [ComponentName(Name = "3")]
    private readonly Conv2d conv2;

    [ComponentName(Name = "4")]
    private readonly ChannelNorm norm2;

    [ComponentName(Name = "6")]
    private readonly Conv2d conv3;

    /// <param name="width">Channels of the image embedding.</param>
    /// <param name="channels">Channels before the last convolution.</param>
    public MaskDownscaling(int width, int channels) : base(nameof(MaskDownscaling))
    {
        conv1 = Conv2d(1, channels / 4, kernel_size: 2, stride: 2);
        norm1 = new ChannelNorm(channels / 4);
        conv2 = Conv2d(channels / 4, channels, kernel_size: 2, stride: 2);
        norm2 = new ChannelNorm(channels);
        conv3 = Conv2d(channels, width, kernel_size: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = functional.gelu(norm1.call(conv1.Apply(input)));
        x = functional.gelu(norm2.call(conv2.Apply(x)));
        return conv3.Apply(x).MoveToOuterDisposeScope();
    }
}
