using static TorchSharp.torch;

namespace PolyCL.Arithmetic;

/// <summary>Compares results with float64 and adds up what is wrong, per operation and format.</summary>
internal sealed class CaseTally
{
    /// <summary>Largest error of a float32 result by the largest right value; sums here have at most a few thousand terms.</summary>
    internal const double FullTolerance = 1e-4;

    /// <summary>The same for bfloat16, which has 8 bits of mantissa.</summary>
    internal const double NarrowTolerance = 3e-2;

    private readonly Dictionary<(string Operation, ScalarType Format), ArithmeticFinding> findings = [];

    /// <summary>What was found, in the order of the first case.</summary>
    public IReadOnlyList<ArithmeticFinding> Findings => [.. findings.Values];

    /// <summary>Runs an operation and its gradients in the format and in float64, and compares.</summary>
    /// <param name="operation">Name of the operation.</param>
    /// <param name="example">The case in words.</param>
    /// <param name="format">Float32 or bfloat16.</param>
    /// <param name="shapes">Shapes of the operands.</param>
    /// <param name="tried">The operation as it is to be tried.</param>
    /// <param name="reference">The operation in float64; null when it is tried as torch has it.</param>
    public void Try(string operation, string example, ScalarType format, long[][] shapes, Func<Tensor[], Tensor> tried, Func<Tensor[], Tensor>? reference = null)
    {
        using var scope = NewDisposeScope();
        Tensor[] operands = [.. shapes.Select((shape, i) => FixedNumbers.Of(i, shape).to_type(format).detach().requires_grad_())];
        Tensor[] exact = [.. operands.Select(operand => operand.detach().to_type(ScalarType.Float64).requires_grad_())];
        var result = tried(operands);
        var right = (reference ?? tried)(exact);
        Add(operation, example, format, result, right);
        var gradient = FixedNumbers.Of(shapes.Length, right.shape).to_type(format);
        result.backward([gradient]);
        right.backward([gradient.to_type(ScalarType.Float64)]);
        for (var i = 0; i < operands.Length; i++)
        {
            Add($"{operation}, gradient to {(i, shapes.Length) switch { (0, _) => "the input", (1, 2) => "the weights", _ => "the other operands" }}", example, format, operands[i].grad!, exact[i].grad!);
        }
    }

    private void Add(string operation, string example, ScalarType format, Tensor result, Tensor right)
    {
        var error = ((result.detach().to_type(ScalarType.Float64) - right.detach()).abs().max() / right.detach().abs().max()).item<double>();
        var tolerance = format == ScalarType.Float32 ? FullTolerance : NarrowTolerance;
        var wrong = !(error <= tolerance);
        var before = findings.GetValueOrDefault((operation, format))
            ?? new ArithmeticFinding(operation, format == ScalarType.Float32 ? "float32" : "bfloat16", 0, 0, 0, tolerance, null);
        findings[(operation, format)] = before with
        {
            Cases = before.Cases + 1,
            Wrong = before.Wrong + (wrong ? 1 : 0),
            WorstError = double.IsNaN(before.WorstError) ? before.WorstError : Math.Max(before.WorstError, error),   // Max gives NaN for NaN
            Example = before.Example ?? (wrong ? example : null),
        };
    }
}
