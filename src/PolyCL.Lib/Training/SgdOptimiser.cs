using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>nnU-Net's SGD: Nesterov momentum 0.99, weight decay 3e-5, gradients clipped to norm 12 before each step.</summary>
/// <remarks>
/// The operations are those of torch's SGD and clip_grad_norm_, with the same bits. A momentum of zeros at the start is torch's missing one: its first step
/// takes the gradient itself. Source: nnU-Net (Apache-2.0), reference §1.6.
/// </remarks>
internal sealed class SgdOptimiser : Optimiser
{
    private const double Momentum = 0.99;
    private const double WeightDecay = 3e-5;
    private const double ClipNorm = 12;
    private const double NormFloor = 1e-6;
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly Tensor[] momentum;

    /// <summary>Begins with zero momentum.</summary>
    /// <param name="parameters">What is trained, already on its device.</param>
    public SgdOptimiser(IReadOnlyList<Parameter> parameters)
    {
        this.parameters = parameters;
        momentum = [.. parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public override void Step(double rate) => Step(rate, ClipNorm);

    /// <summary>Clips all gradients together to a norm and moves every parameter that has one.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    /// <param name="clipNorm">Largest norm that is left as it is.</param>
    /// <returns>The norm before clipping.</returns>
    internal double Step(double rate, double clipNorm)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gradients = parameters.Select(parameter => parameter.grad).ToList();
        var norm = linalg.vector_norm(stack([.. gradients.OfType<Tensor>().Select(gradient => linalg.vector_norm(gradient, 2))]), 2);
        var kept = full_like(norm, clipNorm).div_(norm + NormFloor).clamp_max_(1.0);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (gradients[i] is { } gradient)
            {
                var descent = gradient.mul_(kept).add(parameters[i], WeightDecay);
                momentum[i].mul_(Momentum).add_(descent);
                parameters[i].add_(descent.add(momentum[i], Momentum), -rate);
            }
        }

        return norm.ToDouble();
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor> Tensors() => momentum.Index().ToDictionary(
        entry => string.Create(CultureInfo.InvariantCulture, $"sgd/{entry.Index}/momentum"), entry => entry.Item);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var buffer in momentum)
        {
            buffer.Dispose();
        }
    }
}
