using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PolyCL.Training;

/// <summary>torch's Adam with a rate for each step; β 0.9 and 0.999, ε 1e-8, no weight decay (paper §4.2).</summary>
/// <param name="parameters">What is trained, already on its device.</param>
internal sealed class AdamOptimiser(IReadOnlyList<Parameter> parameters) : Optimiser
{
    private readonly Adam adam = optim.Adam(parameters);

    /// <inheritdoc/>
    public override void Step(double rate)
    {
        foreach (var group in adam.ParamGroups)
        {
            group.LearningRate = rate;
        }

        adam.step();
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor> Tensors()
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (i, state) in States().Index())
        {
            tensors[string.Create(CultureInfo.InvariantCulture, $"adam/{i}/first")] = state.exp_avg;
            tensors[string.Create(CultureInfo.InvariantCulture, $"adam/{i}/second")] = state.exp_avg_sq;
        }

        return tensors;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> StepCounts() => [.. States().Select(state => state.step)];

    /// <inheritdoc/>
    public override void SetStepCounts(IReadOnlyList<long> counts)
    {
        foreach (var (i, state) in States().Index())
        {
            state.step = counts[i];
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => adam.Dispose();

    /// <summary>The live states, in the order of the parameters.</summary>
    private IEnumerable<Adam.State> States() => adam.state_dict().State.Cast<Adam.State>();
}
