using System.Globalization;

namespace PolyCL.Arithmetic;

/// <summary>What the check found for one operation in one number format, against the same in float64.</summary>
/// <param name="Operation">The operation, such as "convolution, gradient to the input".</param>
/// <param name="Format">"float32" or "bfloat16".</param>
/// <param name="Cases">Cases tried.</param>
/// <param name="Wrong">Cases off by more than the tolerance, or not finite.</param>
/// <param name="WorstError">Largest error of a case by the largest value of the right result; NaN where a result was not finite.</param>
/// <param name="Tolerance">The largest error that is rounding.</param>
/// <param name="Example">The first wrong case in words, or null.</param>
public sealed record ArithmeticFinding(string Operation, string Format, int Cases, int Wrong, double WorstError, double Tolerance, string? Example)
{
    /// <summary>One line for a person.</summary>
    public string ToWords() => Wrong == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Operation}, {Format}: {Cases} right, largest error {WorstError:0.0e+0} (allowed {Tolerance:0e+0})")
        : string.Create(CultureInfo.InvariantCulture, $"{Operation}, {Format}: {Wrong} of {Cases} WRONG, largest error {WorstError:0.0e+0} (allowed {Tolerance:0e+0}), such as {Example}");
}
