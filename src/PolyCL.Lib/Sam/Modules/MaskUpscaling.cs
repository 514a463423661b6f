using PolyCL.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Enlarges the image embedding four times; SAM 2 adds features of finer maps on the way.</summary>
internal sealed class MaskUpscaling : Module
{
    [ComponentName(Name = "0")]
    private readonly ConvTranspose2d up1;

    [ComponentName(Name = "1")]
    private readonly ChannelNorm norm;

    [ComponentName(Name = "3")]
    private readonly ConvTranspose2d up2;

    public MaskUpscaling(int width) : base(nameof(MaskUpscaling))
    {
        up1 = ConvTranspose2d(width, width / 4, kernel_size: 2, stride: 2);
        norm = new ChannelNorm(width / 4);
        up2 = ConvTranspose2d(width / 4, width / 8, kernel_size: 2, stride: 2);
        RegisterComponents();
    }

    /// <summary>Enlarges.</summary>
    /// <param name="image">[N, C, h, w].</param>
    /// <param name="finer">Maps [1 or N, C / 8, 4h, 4w] and [1 or N, C / 4, 2h, 2w] to add, or null.</param>
    /// <returns>[N, C / 8, 4h, 4w].</returns>
    internal Tensor Run(Tensor image, FineMaps? finer)
    {
        using var scope = NewDisposeScope();
        var x = up1.Apply(image);
        x = functional.gelu(norm.call(finer is null ? x : x + finer.Level1));
        x = up2.Apply(x);
        return functional.gelu(finer is null ? x : x + finer.Level0).MoveToOuterDisposeScope();
    }
}
