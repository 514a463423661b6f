using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Training;

/// <summary>How far masks are from the truth: binary cross-entropy plus soft Dice, for each mask by itself.</summary>
internal static class MaskLoss
{
    private const double Smooth = 1;

    /// <summary>The loss of each mask.</summary>
    /// <param name="logits">[N, M, h, w].</param>
    /// <param name="truth">Share of each pixel that is organ, [N, 1, h, w].</param>
    /// <returns>A fresh tensor [N, M] that the caller owns.</returns>
    internal static Tensor OfEach(Tensor logits, Tensor truth)
    {
        using var scope = NewDisposeScope();
        var entropy = functional.binary_cross_entropy_with_logits(logits, truth.expand_as(logits), reduction: Reduction.None).mean([2, 3]);
        var share = logits.sigmoid();
        var overlap = (share * truth).sum([2, 3]) * 2.0.Held();
        var size = share.sum([2, 3]) + truth.sum([2, 3]);
        var dice = (overlap + Smooth.Held()) / (size + Smooth.Held());
        return (entropy - dice + 1.0.Held()).MoveToOuterDisposeScope();
    }
}
