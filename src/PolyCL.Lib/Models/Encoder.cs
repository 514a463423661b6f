using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>The contracting half of a network, f in the paper.</summary>
/// <remarks>In: [N, 1, H, W]. Out: the features of each stage, shallow to deep; the caller owns them.</remarks>
public abstract class Encoder : Module<Tensor, Tensor[]>
{
    /// <summary>Creates the base with the module's name.</summary>
    protected Encoder(string name) : base(name)
    {
    }

    /// <summary>Channels of each stage, shallow to deep.</summary>
    public abstract IReadOnlyList<int> Channels { get; }

    /// <summary>The source of dropout masks; set its key before each training step.</summary>
    public DropoutKey Dropout { get; } = new();

    /// <summary>True when the embedding is bounded by a sigmoid after the projection head.</summary>
    public virtual bool SigmoidEmbedding => false;

    /// <summary>Direct children that belong to the encoder alone and not to what is pre-trained, such as a slice-class head.</summary>
    internal virtual IReadOnlyList<string> OwnHeads => [];

    /// <summary>Pools the deepest features to one vector per slice, the input of a projection head.</summary>
    /// <returns>[N, Channels[^1]].</returns>
    public abstract Tensor Pool(IReadOnlyList<Tensor> features);

    /// <summary>Hands features from a forward pass to its caller.</summary>
    private protected static Tensor[] Given(params Tensor[] features)
    {
        foreach (var feature in features)
        {
            feature.MoveToOuterDisposeScope();
        }

        return features;
    }

    /// <summary>Fixes the dropout masks of the step that begins: a pure function of (seed, step, pass, layer, element).</summary>
    public void SetDropoutKey(long seed, long step) => Dropout.Set(seed, step);
}
