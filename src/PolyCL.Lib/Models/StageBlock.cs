using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>A block of the U-Net's encoder.</summary>
/// <remarks>In: [N, inChannels, H, W]. Out: [N, outChannels, H, W].</remarks>
public abstract class StageBlock : Module<Tensor, Tensor>
{
    /// <summary>Creates the base with the module's name.</summary>
    protected StageBlock(string name) : base(name)
    {
    }

    /// <summary>The block's output and its 2×2 max-pool.</summary>
    internal abstract (Tensor Output, Tensor Pooled) WithPool(Tensor input);
}
