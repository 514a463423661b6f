using PolyCL.Core;
using static TorchSharp.torch;

namespace PolyCL.Losses;

/// <summary>Soft Dice loss, 1 − (2 Σpy + smooth) / (Σp + Σy + smooth) per slice and class, then the mean.</summary>
/// <remarks>
/// Source: paper eq. 5 with the authors' smooth 1. An empty truth costs Σp / (Σp + smooth); with smooth 0 it costs 1 and gives no gradient.
/// Half and bfloat16 input is widened to float32 before summing.
/// </remarks>
public static class DiceLoss
{
    private const double DenominatorFloor = 1e-30;

    /// <summary>Loss of probabilities.</summary>
    /// <param name="prediction">Probabilities in [0, 1], [N, K, H, W].</param>
    /// <param name="truth">Masks in {0, 1}, any number format, of the same shape.</param>
    /// <param name="smooth">Added to numerator and denominator; 0 or above, the authors' is 1.</param>
    /// <returns>A scalar in [0, 1] that the caller owns.</returns>
    /// <exception cref="ArgumentException">Shapes or devices differ, or there is no pixel.</exception>
    /// <exception cref="ArgumentOutOfRangeException">smooth is negative.</exception>
    public static Tensor OfProbabilities(Tensor prediction, Tensor truth, double smooth = 1)
    {
        CheckMaps(prediction, truth, smooth);
        using var scope = NewDisposeScope();
        return Compute(LossInput.Widen(prediction), truth, smooth).MoveToOuterDisposeScope();
    }

    /// <summary>Loss of logits, whose sigmoid is the probability.</summary>
    /// <param name="logits">Raw network output, [N, K, H, W].</param>
    /// <param name="truth">Masks in {0, 1}, any number format, of the same shape.</param>
    /// <param name="smooth">Added to numerator and denominator; 0 or above, the authors' is 1.</param>
    /// <inheritdoc cref="OfProbabilities"/>
    public static Tensor OfLogits(Tensor logits, Tensor truth, double smooth = 1)
    {
        CheckMaps(logits, truth, smooth);
        using var scope = NewDisposeScope();
        return Compute(sigmoid(LossInput.Widen(logits)), truth, smooth).MoveToOuterDisposeScope();
    }

    private static Tensor Compute(Tensor probabilities, Tensor truth, double smooth)
    {
        var y = truth.to_type(probabilities.dtype);
        var overlap = (probabilities * y).sum([2, 3]);                                 // [N, K]
        var total = probabilities.sum([2, 3]) + y.sum([2, 3]);
        var share = ((overlap * 2.0) + smooth) / (total + smooth).clamp_min(DenominatorFloor);
        return share.mean().neg() + 1.0;
    }

    private static void CheckMaps(Tensor prediction, Tensor truth, double smooth)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        if (prediction.dim() != 4 || prediction.numel() == 0)
        {
            throw new ArgumentException(
                $"prediction is [{string.Join(", ", prediction.shape)}]; it must be [N, K, H, W] with at least one pixel.", nameof(prediction));
        }

        LossInput.CheckFloating(prediction, nameof(prediction));
        LossInput.CheckSameShape(prediction, truth, nameof(prediction), nameof(truth));
        if (truth.device_type != prediction.device_type)
        {
            throw new ArgumentException($"truth is on {truth.device} and prediction on {prediction.device}; move it there.", nameof(truth));
        }

        Check.NotNegative(smooth);
    }
}
