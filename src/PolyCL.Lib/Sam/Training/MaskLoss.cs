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
        var overlap = (share * truth).sum([2, 3]) * 2.0;
        var size = share.sum([2, 3]) + truth.sum([2, 3]);
        var dice = (overlap + Smooth) / (size + Smooth);
        return (entropy - dice + 1.0).MoveToOuterDisposeScope();
    }

    /// <summary>Intersection over union of each mask with the truth, without gradients; 1 where both are empty.</summary>
    /// <param name="logits">[N, M, h, w].</param>
    /// <param name="truth">Share of each pixel that is organ, [N, 1, h, w].</param>
    /// <returns>A fresh tensor [N, M] that the caller owns.</returns>
    internal static Tensor Overlap(Tensor logits, Tensor truth)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var mask = logits.gt(0.0);
        var organ = truth.ge(0.5);
        var union = mask.logical_or(organ).sum([2, 3]).to_type(ScalarType.Float32);
        var both = mask.logical_and(organ).sum([2, 3]).to_type(ScalarType.Float32);
        return where(union.eq(0.0), ones_like(union), both / union.clamp_min(1.0)).MoveToOuterDisposeScope();
    }
}
