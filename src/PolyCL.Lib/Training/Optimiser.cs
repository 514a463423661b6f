using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>Moves parameters by their gradients and holds what it has to know from step to step.</summary>
internal abstract class Optimiser : IDisposable
{
    /// <summary>Moves every parameter that has a gradient.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    public abstract void Step(double rate);

    /// <summary>The live tensors that a checkpoint keeps, by name.</summary>
    public abstract IReadOnlyDictionary<string, Tensor> Tensors();

    /// <summary>Steps that each parameter has made, in their order; empty where the rule does not count them.</summary>
    public virtual IReadOnlyList<long> StepCounts() => [];

    /// <summary>Takes over the step counts of a checkpoint, as many as <see cref="StepCounts"/> gives.</summary>
    public virtual void SetStepCounts(IReadOnlyList<long> counts)
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
