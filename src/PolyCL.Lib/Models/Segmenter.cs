using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>A network that gives one logit per pixel.</summary>
/// <remarks>In: float [N, 1, H, W]. Out: logits [N, 1, H, W]; the sigmoid is the caller's.</remarks>
public abstract class Segmenter : Module<Tensor, Tensor>
{
    /// <summary>Creates the base with the module's name.</summary>
    protected Segmenter(string name) : base(name)
    {
    }

    /// <summary>The part that pre-training fills.</summary>
    public abstract Encoder Features { get; }

    /// <summary>Fixes the dropout masks of the step that begins.</summary>
    public virtual void SetDropoutKey(long seed, long step) => Features.SetDropoutKey(seed, step);

    /// <summary>What a loss at several sizes compares with the truth: raw outputs, finest first; the one logit unless the network has more.</summary>
    public virtual Tensor[] Outputs(Tensor input) => [call(input)];

    /// <summary>Copies a pre-trained encoder's weights into this network's encoder; the projection head stays behind.</summary>
    /// <returns>The number of tensors copied.</returns>
    /// <exception cref="Core.WeightMismatchException">Names or shapes differ; nothing is copied then.</exception>
    public int TakeEncoder(ContrastiveEncoder pretrained)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        return EncoderTransfer.Copy(pretrained, Features);
    }
}
