using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Weights;

/// <summary>The one way weights get into a network: all names, shapes and formats are compared first, then all is copied or nothing.</summary>
/// <remarks>Never broadcasts, never changes requires_grad, never replaces a parameter object, so an optimiser built before stays valid.</remarks>
public static class WeightLoader
{
    /// <summary>Up to this size all tensors are kept between check and copy, so that even a failing disk leaves the network as it was.</summary>
    private const long StagedBytes = 512L << 20;

    /// <summary>Fills a network from a file.</summary>
    /// <param name="target">The network; on any device, in any floating-point format.</param>
    /// <param name="weights">The file's tensors.</param>
    /// <param name="options">What may differ; null for nothing.</param>
    /// <returns>What was matched, left out and converted.</returns>
    /// <exception cref="WeightMismatchException">
    /// Names, shapes or formats differ in ways the options do not allow, or a weight is NaN or infinite; the network is unchanged then.
    /// </exception>
    public static WeightReport Load(Module target, WeightSet weights, WeightLoadOptions? options = null)
    {
        options ??= new WeightLoadOptions();
        var plan = WeightPlan.Make(target, weights, options);
        plan.ThrowUnlessAllowed(options.Partial);
        Copy(plan.Pairs, weights);
        return plan.Report;
    }

    /// <summary>Compares without changing anything.</summary>
    /// <inheritdoc cref="Load"/>
    public static WeightReport Compare(Module target, WeightSet weights, WeightLoadOptions? options = null) =>
        WeightPlan.Make(target, weights, options ?? new WeightLoadOptions()).Report;

    private static void Copy(IReadOnlyList<(WeightEntry Source, Tensor Target)> pairs, WeightSet weights)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        List<(WeightEntry, string)> faults = [];
        var staged = pairs.Sum(pair => pair.Source.ByteCount) <= StagedBytes ? pairs.Select(Read).ToList() : null;
        if (staged is null)
        {
            foreach (var pair in pairs)
            {
                Read(pair).Dispose();
            }
        }

        WeightValues.ThrowIfAny(faults, weights.Path);
        for (var i = 0; i < pairs.Count; i++)
        {
            using var step = NewDisposeScope();
            pairs[i].Target.copy_(staged?[i] ?? Read(pairs[i]));
        }

        Tensor Read((WeightEntry Source, Tensor Target) pair)
        {
            var values = WeightValues.Read(weights, pair.Source, pair.Target.dtype, pair.Target.shape, out var fault);
            if (fault is not null)
            {
                faults.Add((pair.Source, fault));
            }

            return values;
        }
    }
}
