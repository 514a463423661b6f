using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>One step of Adam on the state of torch's own optimiser, in the same operations and with the same bits.</summary>
/// <remarks>
/// torch's step hands each factor to native code as a scalar object that nothing holds: a garbage collection in that moment may free it under
/// the call. Here the scalars of a step are made once and held to its end. β 0.9 and 0.999, ε 1e-8, no weight decay (paper §4.2).
/// </remarks>
internal static class AdamStep
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    /// <summary>Moves every parameter that has a gradient.</summary>
    /// <param name="optimizer">Holds the moments and counts steps; made over <paramref name="parameters"/>, in their order.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="rate">Learning rate of this step.</param>
    public static void Run(Adam optimizer, IReadOnlyList<Parameter> parameters, double rate)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var beta1 = Beta1.ToScalar();
        using var rest1 = (1 - Beta1).ToScalar();
        using var beta2 = Beta2.ToScalar();
        using var rest2 = (1 - Beta2).ToScalar();
        using var epsilon = Epsilon.ToScalar();
        var states = optimizer.state_dict().State;
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].grad is not { } gradient)
            {
                continue;
            }

            var state = (Adam.State)states[i];
            state.step++;
            using var root2 = Math.Sqrt(1 - Math.Pow(Beta2, state.step)).ToScalar();
            using var size = (-(rate / (1 - Math.Pow(Beta1, state.step)))).ToScalar();
            state.exp_avg.mul_(beta1).add_(gradient, rest1);
            state.exp_avg_sq.mul_(beta2).addcmul_(gradient, gradient, rest2);
            var denominator = state.exp_avg_sq.sqrt().div_(root2).add_(epsilon);
            parameters[i].addcdiv_(state.exp_avg, denominator, size);
        }
    }
}
