using PolyCL.Models;
using static TorchSharp.torch;

namespace PolyCL.Training.Arms;

/// <summary>An encoder that follows another one: after each step target ← m · target + (1 − m) · online. It gets no gradient.</summary>
/// <remarks>Only parameters follow; running statistics of norms are the target's own, as in the public implementations of MoCo and BYOL.</remarks>
internal static class TargetEncoder
{
    // Its dropout masks must differ from the online encoder's.
    private const long SeedMark = 0x7A46_E7C0_5EED_0001;

    /// <summary>Makes an untrained encoder a copy of another one, without gradients.</summary>
    public static void Begin(ContrastiveEncoder online, ContrastiveEncoder target)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var source = online.state_dict();
        foreach (var (name, tensor) in target.state_dict())
        {
            tensor.copy_(source[name]);
        }

        foreach (var parameter in target.parameters())
        {
            parameter.requires_grad = false;
        }
    }

    /// <summary>Fixes both encoders' dropout for a step, and lets the target follow what the step before has changed.</summary>
    public static void BeginStep(ContrastiveEncoder online, ContrastiveEncoder target, long seed, long step, double momentum)
    {
        online.SetDropoutKey(seed, step);
        target.SetDropoutKey(seed ^ SeedMark, step);
        if (step > 0)
        {
            Follow(online.parameters(), target.parameters(), momentum);
        }
    }

    /// <summary>target ← m · target + (1 − m) · online, parameter by parameter.</summary>
    internal static void Follow(IEnumerable<Tensor> online, IEnumerable<Tensor> target, double momentum)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (from, to) in online.Zip(target))
        {
            to.mul_(momentum).add_(from, 1 - momentum);
        }
    }
}
