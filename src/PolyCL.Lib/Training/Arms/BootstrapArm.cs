using PolyCL.Losses;
using PolyCL.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>BYOL: a predictor on one view's embedding foretells the other view's, made by a slowly following encoder; no negatives.</summary>
/// <remarks>Source: Grill et al. 2020. The predictor is linear, batch norm, ReLU, linear; it sees both views at once.</remarks>
internal sealed class BootstrapArm : PretrainArm
{
    private readonly PretrainOptions options;
    private readonly ContrastiveEncoder online;
    private readonly ContrastiveEncoder target;
    private readonly Sequential predictor;
    private readonly ViewPairs views;
    private readonly long totalSteps;

    /// <summary>Takes over two untrained encoders; the second becomes a copy of the first.</summary>
    /// <param name="options">The run's settings.</param>
    /// <param name="online">The encoder that is trained.</param>
    /// <param name="target">The encoder that follows.</param>
    /// <param name="views">Renders the views.</param>
    /// <param name="device">Where the encoders are.</param>
    /// <param name="totalSteps">Steps of the whole run, over which the momentum rises to 1.</param>
    public BootstrapArm(PretrainOptions options, ContrastiveEncoder online, ContrastiveEncoder target, ViewPairs views, Device device, long totalSteps)
    {
        (this.options, this.online, this.target, this.views, this.totalSteps) = (options, online, target, views, totalSteps);
        var (inner, outer) = (options.Momentum.PredictorWidth, options.EmbeddingSize);
        predictor = Sequential(("0", Linear(outer, inner)), ("1", BatchNorm1d(inner)), ("2", ReLU()), ("3", Linear(inner, outer)));
        predictor.to(device);
        TargetEncoder.Begin(online, target);
        Network = new ArmNetwork(("online", online), ("target", target), ("predictor", predictor));
    }

    /// <inheritdoc/>
    public override Module Network { get; }

    /// <summary>m rises from its first value to 1 by half a cosine.</summary>
    internal static double MomentumAt(double first, long step, long totalSteps) =>
        1 - ((1 - first) * (Math.Cos(Math.PI * step / totalSteps) + 1) / 2);

    /// <inheritdoc/>
    public override void BeginStep(long step) =>
        TargetEncoder.BeginStep(online, target, options.Seed, step, MomentumAt(options.Momentum.OfByol, step, totalSteps));

    /// <inheritdoc/>
    public override Tensor Loss(Minibatch batch, Minibatch next)
    {
        var (one, two) = views.Render(batch);
        Tensor first, second;
        using (no_grad())
        {
            (first, second) = (target.call(one), target.call(two));      // [M, E]
        }

        var count = batch.Anchors.Length;
        var foretold = predictor.call(cat([online.call(one), online.call(two)]));   // [2M, E]
        return ContrastiveLoss.Byol(foretold.narrow(0, 0, count), foretold.narrow(0, count, count), first, second);
    }
}
