using PolyCL.Core;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>An encoder with a linear projection head: f and g of the paper.</summary>
/// <remarks>
/// In: float [N, 1, H, W]. Out: embeddings [N, E], not length-normalised. The encoder's children are registered under their own names, so
/// that the weights are called as in the authors' checkpoint (<c>dconv_down1.0.weight</c>, <c>projHead.weight</c>).
/// </remarks>
public sealed class ContrastiveEncoder : Module<Tensor, Tensor>
{
    /// <summary>Length of the embedding in the paper.</summary>
    public const int PaperEmbeddingSize = 256;

    private readonly Encoder inner;
    private readonly Linear head;

    /// <summary>Puts a new projection head on an encoder, which this object owns from now on.</summary>
    /// <param name="encoder">The encoder; its own heads (slice class) are left out.</param>
    /// <param name="embeddingSize">Length of the embedding, E.</param>
    public ContrastiveEncoder(Encoder encoder, int embeddingSize = PaperEmbeddingSize) : base(nameof(ContrastiveEncoder))
    {
        ArgumentNullException.ThrowIfNull(encoder);
        inner = encoder;
        head = Linear(encoder.Channels[^1], Check.Positive(embeddingSize));
        foreach (var (name, child) in encoder.named_children())
        {
            if (!encoder.OwnHeads.Contains(name))
            {
                register_module(name, child);
            }
        }

        register_module("projHead", head);
    }

    /// <summary>Builds the encoder that a pre-training starts from; seed the global generator just before.</summary>
    /// <param name="network">The network; its initial weights are taken where it has any.</param>
    /// <param name="embeddingSize">Length of the embedding, E.</param>
    /// <exception cref="WeightMismatchException">The file of initial weights does not fit or is another one.</exception>
    public static ContrastiveEncoder Of(NetworkOptions network, int embeddingSize)
    {
        ArgumentNullException.ThrowIfNull(network);
        var encoder = new ContrastiveEncoder(network.CreateEncoder(), embeddingSize);
        network.LoadInitialWeights(encoder.Features);
        return encoder;
    }

    /// <summary>The encoder under the head.</summary>
    public Encoder Features => inner;

    /// <summary>Fixes the dropout masks of the step that begins.</summary>
    public void SetDropoutKey(long seed, long step) => inner.SetDropoutKey(seed, step);

    /// <summary>Does nothing: torch calls it when a parent registers this module, and it would list the fields under their own names a second time.</summary>
    protected override void RegisterComponents()
    {
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var embedding = head.call(inner.Pool(inner.call(input)));
        return (inner.SigmoidEmbedding ? sigmoid(embedding) : embedding).MoveToOuterDisposeScope();
    }

    /// <summary>The pooled features under the head, one vector per slice.</summary>
    /// <returns>[N, channels of the deepest stage].</returns>
    public Tensor Pooled(Tensor input)
    {
        using var scope = NewDisposeScope();
        return inner.Pool(inner.call(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void train(bool train = true)
    {
        base.train(train);
        inner.train(train);
    }
}
