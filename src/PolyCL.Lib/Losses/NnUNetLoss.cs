using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Losses;

/// <summary>nnU-Net's loss: cross-entropy less the organ's soft Dice over the whole batch, at several sizes.</summary>
/// <remarks>
/// The Dice enters as −Dice, so that values begin at −1. Sizes weigh 1, ½, ¼ and so on, the coarsest 0 unless it is the only one, scaled to the sum 1; the truth is
/// reduced by taking the pixel nearest each coarse one's centre. Source: nnU-Net (Apache-2.0), reference §1.6.
/// </remarks>
public static class NnUNetLoss
{
    private const double Smooth = 1e-5;
    private const double DenominatorFloor = 1e-8;

    /// <summary>Loss of logits at several sizes.</summary>
    /// <param name="outputs">Logits of background and organ, [N, 2, H, W], [N, 2, H/2, W/2] and so on, finest first.</param>
    /// <param name="truth">Masks in {0, 1}, any number format, [N, 1, H, W].</param>
    /// <returns>A scalar, −1 or above, that the caller owns.</returns>
    /// <exception cref="ArgumentException">There is no output, or shapes do not fit.</exception>
    public static Tensor OfOutputs(IReadOnlyList<Tensor> outputs, Tensor truth)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(truth);
        if (outputs.Count == 0)
        {
            throw new ArgumentException("outputs is empty; give one or more.", nameof(outputs));
        }

        using var scope = NewDisposeScope();
        var counted = Math.Max(1, outputs.Count - 1);
        var sum = Enumerable.Range(0, counted).Sum(i => Math.Pow(0.5, i));
        var total = OfLogits(outputs[0], truth) / sum;
        for (var i = 1; i < counted; i++)
        {
            total = total + (OfLogits(outputs[i], Reduce(truth, 1L << i)) * (Math.Pow(0.5, i) / sum));
        }

        return total.MoveToOuterDisposeScope();
    }

    /// <summary>Loss of logits at one size.</summary>
    /// <param name="logits">Logits of background and organ, [N, 2, H, W].</param>
    /// <param name="truth">Masks in {0, 1}, any number format, [N, 1, H, W].</param>
    /// <param name="overBatch">True counts Dice over all slices together; false for each slice, then the mean.</param>
    /// <returns>A scalar, −1 or above, that the caller owns.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit, or there is no pixel.</exception>
    public static Tensor OfLogits(Tensor logits, Tensor truth, bool overBatch = true)
    {
        CheckMaps(logits, truth);
        using var scope = NewDisposeScope();
        var wide = LossInput.Widen(logits);
        var crossEntropy = functional.cross_entropy(wide, truth.squeeze(1).to_type(ScalarType.Int64));
        var organ = functional.softmax(wide, 1).narrow(1, 1, 1);         // [N, 1, H, W]
        var y = truth.to_type(wide.dtype);
        long[] summed = overBatch ? [0, 2, 3] : [2, 3];
        var overlap = (organ * y).sum(summed);
        var size = organ.sum(summed) + y.sum(summed);
        var dice = ((overlap * 2.0) + Smooth) / (size + Smooth).clamp_min(DenominatorFloor);
        return (crossEntropy - dice.mean()).MoveToOuterDisposeScope();
    }

    /// <summary>Every <paramref name="factor"/>-th pixel, the one right of and below the coarse pixel's centre.</summary>
    private static Tensor Reduce(Tensor truth, long factor) =>
        truth.slice(2, factor / 2, truth.shape[2], factor).slice(3, factor / 2, truth.shape[3], factor);

    private static void CheckMaps(Tensor logits, Tensor truth)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(truth);
        if (logits.dim() != 4 || logits.shape[1] != 2 || logits.numel() == 0)
        {
            throw new ArgumentException($"logits are [{string.Join(", ", logits.shape)}]; they must be [N, 2, H, W] with at least one pixel.", nameof(logits));
        }

        LossInput.CheckFloating(logits, nameof(logits));
        long[] wanted = [logits.shape[0], 1, logits.shape[2], logits.shape[3]];
        if (!truth.shape.SequenceEqual(wanted) || truth.device_type != logits.device_type)
        {
            throw new ArgumentException(
                $"truth is [{string.Join(", ", truth.shape)}] on {truth.device}; logits of [{string.Join(", ", logits.shape)}] need [{string.Join(", ", wanted)}] on {logits.device}.",
                nameof(truth));
        }
    }
}
