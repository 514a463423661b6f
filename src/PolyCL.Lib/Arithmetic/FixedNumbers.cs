using static TorchSharp.torch;

namespace PolyCL.Arithmetic;

/// <summary>Operands of the check: the same numbers on every machine, drawn from no generator.</summary>
internal static class FixedNumbers
{
    /// <summary>Numbers between -1 and 1.</summary>
    /// <param name="operand">Which operand; each has other numbers.</param>
    /// <param name="shape">Its shape.</param>
    public static Tensor Of(int operand, long[] shape)
    {
        var count = shape.Aggregate(1L, (product, length) => product * length);
        var values = new float[count];
        var state = 0x9E3779B9u * (uint)(operand + 1);
        for (var i = 0; i < values.Length; i++)
        {
            state = (state * 1664525u) + 1013904223u;                    // Knuth's linear congruential generator
            values[i] = ((state >> 8) * (2f / (1 << 24))) - 1f;
        }

        return tensor(values, shape);
    }
}
