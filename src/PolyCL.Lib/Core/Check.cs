using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PolyCL.Core;

/// <summary>Argument checks that name the argument, the offending value and the allowed range.</summary>
public static class Check
{
    /// <summary>Returns <paramref name="value"/> when it is finite and above zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative or not finite.</exception>
    public static T Positive<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        T.IsFinite(value) && value > T.Zero ? value : throw OutOfRange(value, name, "above 0");

    /// <summary>Returns <paramref name="value"/> when it is finite and not negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not finite.</exception>
    public static T NotNegative<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        T.IsFinite(value) && value >= T.Zero ? value : throw OutOfRange(value, name, "0 or above");

    /// <summary>Returns <paramref name="value"/> when it lies in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside or is not a number.</exception>
    public static T InRange<T>(T value, T low, T high, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        value >= low && value <= high
            ? value
            : throw OutOfRange(value, name, string.Create(CultureInfo.InvariantCulture, $"in [{low}, {high}]"));

    /// <summary>Returns <paramref name="value"/> when it is a share: above 0 and at most 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside (0, 1].</exception>
    public static double Share(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value > 0 && value <= 1 ? value : throw OutOfRange(value, name, "above 0 and at most 1");

    /// <summary>Returns <paramref name="text"/> when it holds something other than white space.</summary>
    /// <exception cref="ArgumentException">The text is null, empty or blank.</exception>
    public static string NotBlank(string? text, [CallerArgumentExpression(nameof(text))] string name = "") =>
        !string.IsNullOrWhiteSpace(text) ? text : throw new ArgumentException($"{name} is empty; give a text.", name);

    private static ArgumentOutOfRangeException OutOfRange<T>(T value, string name, string allowed) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be {allowed}."));
}
