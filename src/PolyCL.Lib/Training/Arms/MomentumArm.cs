using PolyCL.Losses;
using PolyCL.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>MoCo: a view's query finds the key of its other view, made by a slowly following encoder, among a queue of earlier keys.</summary>
/// <remarks>Source: He et al. 2020. One process holds the whole minibatch, so norms over the minibatch are not shuffled.</remarks>
internal sealed class MomentumArm : PretrainArm
{
    private readonly PretrainOptions options;
    private readonly ContrastiveEncoder online;
    private readonly ContrastiveEncoder target;
    private readonly KeyQueue queue;
    private readonly ViewPairs views;

    /// <summary>Takes over two untrained encoders; the second becomes a copy of the first.</summary>
    public MomentumArm(PretrainOptions options, ContrastiveEncoder online, ContrastiveEncoder target, ViewPairs views, Device device)
    {
        (this.options, this.online, this.target, this.views) = (options, online, target, views);
        TargetEncoder.Begin(online, target);
        queue = new KeyQueue(options.Momentum.QueueSize, options.EmbeddingSize, options.Seed);
        queue.to(device);
        Network = new ArmNetwork(("online", online), ("target", target), ("queue", queue));
    }

    /// <inheritdoc/>
    public override Module Network { get; }

    /// <inheritdoc/>
    public override void BeginStep(long step) =>
        TargetEncoder.BeginStep(online, target, options.Seed, step, options.Momentum.OfMoCo);

    /// <inheritdoc/>
    public override Tensor Loss(Minibatch batch, Minibatch next)
    {
        var (one, two) = views.Render(batch);
        var query = online.call(one);                                    // [M, E]
        Tensor key;
        using (no_grad())
        {
            key = target.call(two);
        }

        var loss = ContrastiveLoss.MoCo(query, key, queue.Snapshot(), options.ResolvedTemperature);
        queue.Push(key);
        return loss;
    }
}
