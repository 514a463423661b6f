using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Training;

/// <summary>How the learning rate moves.</summary>
public enum LearningRateRule
{
    /// <summary>Cosine from the base to the minimum with warm restarts, advanced after every batch.</summary>
    CosineRestarts,

    /// <summary>The same with the slip of the authors' fine-tuning loop: the rate is constant within an epoch.</summary>
    AuthorsFineTuning,

    /// <summary>(1 − epoch / epochs)^0.9, set at the start of each epoch; nnU-Net's.</summary>
    PolynomialPerEpoch,

    /// <summary>(1 − step / steps)^0.9, advanced after every batch; TransUNet's.</summary>
    PolynomialPerStep,

    /// <summary>The base rate throughout.</summary>
    Constant,
}

/// <summary>The learning rate in force during each step: a pure function, so that a resumed run needs no scheduler state.</summary>
/// <remarks>
/// Rules that advance after a batch set the rate for the next one: steps 0 and 1 both use the base rate, and the first step after a restart still runs
/// at the rate before it, as with PyTorch's schedulers in the authors' loops. Source: paper §4.2, authors' training loops.
/// </remarks>
public sealed record LearningRateSchedule
{
    private const double Exponent = 0.9;

    /// <summary>How the rate moves.</summary>
    public LearningRateRule Rule { get; init; } = LearningRateRule.CosineRestarts;

    /// <summary>Rate at the start and after each restart; the paper's are 1e-4 for pre-training and 1e-3 for fine-tuning.</summary>
    public double BaseRate { get; init => field = Check.Positive(value, nameof(BaseRate)); } = 1e-4;

    /// <summary>Rate the cosine falls to.</summary>
    public double MinimumRate { get; init => field = Check.NotNegative(value, nameof(MinimumRate)); }

    /// <summary>Epochs to the first restart; give the run's epochs or more for a cosine without restarts.</summary>
    public int RestartEpochs { get; init => field = Check.Positive(value, nameof(RestartEpochs)); } = 10;

    /// <summary>Factor by which each period is longer than the one before.</summary>
    public int RestartFactor { get; init => field = Check.Positive(value, nameof(RestartFactor)); } = 1;

    /// <summary>Epochs of the run; only the polynomial rules use it.</summary>
    public int Epochs { get; init => field = Check.Positive(value, nameof(Epochs)); } = 100;

    /// <summary>Loss terms in the authors' last non-empty list, whose index stands in for the batch's.</summary>
    /// <remarks>Only <see cref="LearningRateRule.AuthorsFineTuning"/> uses it.</remarks>
    public int LossTerms { get; init => field = Check.Positive(value, nameof(LossTerms)); } = 1;

    /// <summary>Checks what no single property can.</summary>
    /// <exception cref="ArgumentException">The minimum lies above the base rate.</exception>
    public void Validate()
    {
        if (MinimumRate > BaseRate)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"MinimumRate is {MinimumRate} and BaseRate {BaseRate}; the minimum must not lie above the base."));
        }
    }

    /// <summary>The rate in force during a step.</summary>
    /// <param name="step">Step since the start of the run, from 0.</param>
    /// <param name="stepsPerEpoch">Batches in an epoch.</param>
    /// <returns>A rate in [MinimumRate, BaseRate].</returns>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative or an epoch has no step.</exception>
    public double Rate(long step, int stepsPerEpoch)
    {
        Check.NotNegative(step);
        Check.Positive(stepsPerEpoch);
        return Rule switch
        {
            LearningRateRule.Constant => BaseRate,
            LearningRateRule.PolynomialPerEpoch => Polynomial((double)(step / stepsPerEpoch) / Epochs),
            LearningRateRule.PolynomialPerStep => Polynomial((double)Math.Max(step - 1, 0) / ((double)Epochs * stepsPerEpoch)),
            _ when step == 0 => BaseRate,
            LearningRateRule.CosineRestarts => Cosine(EpochAfter(step - 1, stepsPerEpoch, (step - 1) % stepsPerEpoch)),
            LearningRateRule.AuthorsFineTuning => Cosine(EpochAfter(step - 1, stepsPerEpoch, LossTerms - 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(step), Rule, $"Rule is {Rule}; it must be one of the named rules."),
        };
    }

    private static double EpochAfter(long step, int stepsPerEpoch, long batch) => (step / stepsPerEpoch) + ((double)batch / stepsPerEpoch);

    private double Cosine(double epoch)
    {
        double period = RestartEpochs;
        var within = RestartFactor == 1 ? epoch % period : epoch;   // epochs since the last restart
        while (within >= period)
        {
            within -= period;
            period *= RestartFactor;
        }

        return MinimumRate + ((BaseRate - MinimumRate) * (1 + Math.Cos(Math.PI * within / period)) / 2);
    }

    private double Polynomial(double share) => BaseRate * Math.Pow(Math.Max(1 - share, 0), Exponent);
}
