using MathNet.Numerics.Distributions;

namespace PolyCL.Studies.Statistics;

/// <summary>Welch's t-test (1947) of two means from what tables print: mean, standard deviation, repeats.</summary>
/// <param name="Difference">First mean − second mean.</param>
/// <param name="StandardError">Standard error of the difference.</param>
/// <param name="T">Difference over standard error.</param>
/// <param name="Degrees">Degrees of freedom after Welch and Satterthwaite.</param>
/// <param name="PValue">Two-sided p-value.</param>
/// <remarks>Takes repeats for independent and nearly normal; with five of them that cannot be checked, which is why paired tests over scans stand beside it.</remarks>
public readonly record struct WelchTest(double Difference, double StandardError, double T, double Degrees, double PValue)
{
    /// <summary>Compares two means.</summary>
    /// <exception cref="ArgumentException">A mean has fewer than two repeats, a spread is negative, both are 0, or a number is not finite.</exception>
    public static WelchTest Of(MeanOfRepeats first, MeanOfRepeats second)
    {
        double a = Variance(first, nameof(first)), b = Variance(second, nameof(second));
        if (a + b == 0)
        {
            throw new ArgumentException("Both standard deviations are 0, so there is no spread to measure the difference by; compare the runs instead.", nameof(second));
        }

        var difference = first.Mean - second.Mean;
        var error = Math.Sqrt(a + b);
        var degrees = (a + b) * (a + b) / ((a * a / (first.N - 1)) + (b * b / (second.N - 1)));
        var t = difference / error;
        return new WelchTest(difference, error, t, degrees, 2 * StudentT.CDF(0, 1, degrees, -Math.Abs(t)));
    }

    private static double Variance(MeanOfRepeats value, string name) =>
        value.N >= 2 && value.Sd >= 0 && double.IsFinite(value.Sd) && double.IsFinite(value.Mean)
            ? value.Sd * value.Sd / value.N
            : throw new ArgumentException($"{value.Mean} ± {value.Sd} over {value.N} repeats cannot be compared; give finite numbers, a spread of 0 or more, and at least 2 repeats.", name);
}
