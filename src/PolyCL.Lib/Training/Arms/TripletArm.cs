using PolyCL.Losses;
using PolyCL.Models;
using PolyCL.Sampling;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>PolyCL: an anchor is drawn to its positive and away from its negative (eq. 4), which the strategy chooses.</summary>
internal sealed class TripletArm(PretrainOptions options, ContrastiveEncoder encoder, ExampleSelector selector, SliceTensors slices) : PretrainArm
{
    /// <inheritdoc/>
    public override Module Network => encoder;

    /// <inheritdoc/>
    public override void BeginStep(long step) => encoder.SetDropoutKey(options.Seed, step);

    /// <inheritdoc/>
    public override Tensor Loss(Minibatch batch, Minibatch next)
    {
        var pixels = slices.Pixels(Triplets(batch));                     // [3M, 1, S, S]
        slices.Announce(Triplets(next));
        var count = batch.Anchors.Length;
        // Three passes in the authors' order; it matters for the dropout draws only.
        var anchor = encoder.call(pixels.narrow(0, 0, count));           // [M, E]
        var negative = encoder.call(pixels.narrow(0, 2 * count, count));
        var positive = encoder.call(pixels.narrow(0, count, count));
        return ContrastiveLoss.PolyCl(anchor, positive, negative, options.ResolvedTemperature);
    }

    /// <summary>Slices of a batch: all anchors, then all positives, then all negatives.</summary>
    private int[] Triplets(Minibatch batch)
    {
        var anchors = batch.Anchors.Span;
        var result = new int[3 * anchors.Length];
        for (var i = 0; i < anchors.Length; i++)
        {
            var triplet = selector.Draw(anchors[i], batch.Epoch, batch.Start + i);
            (result[i], result[anchors.Length + i], result[(2 * anchors.Length) + i]) = (triplet.Anchor, triplet.Positive, triplet.Negative);
        }

        return result;
    }
}
