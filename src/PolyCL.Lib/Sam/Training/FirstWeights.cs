using PolyCL.Core;
using PolyCL.Sam.Modules;
using PolyCL.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Training;

/// <summary>Random first weights of a network, as the official modules are made.</summary>
internal static class FirstWeights
{
    private const double TableSpread = 0.02;

    /// <summary>Learned tables that begin near 0, by the last part of their names.</summary>
    private static readonly HashSet<string> Tables =
        ["pos_embed", "pos_embed_window", "maskmem_tpos_enc", "no_mem_embed", "no_mem_pos_enc", "no_obj_ptr", "no_obj_embed_spatial"];

    /// <summary>Builds a network and draws its weights: layers as torch has them, tokens and position code standard normal, tables normal with spread 0.02.</summary>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="build">Builds the network, on the CPU.</param>
    internal static T Draw<T>(long seed, Func<T> build)
        where T : Module
    {
        new StepSeed(seed, CPU).Initialise();
        var network = build();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tokens = network.named_modules().Where(entry => entry.module is TokenTable).Select(entry => $"{entry.name}.weight").ToHashSet();
        foreach (var (name, values) in network.state_dict())
        {
            var last = name[(name.LastIndexOf('.') + 1)..];
            if (tokens.Contains(name) || last == "positional_encoding_gaussian_matrix")
            {
                Fill(values, seed, name, spread: 1);
            }
            else if (Tables.Contains(last))
            {
                Fill(values, seed, name, TableSpread);
            }
        }

        return network;
    }

    private static void Fill(Tensor values, long seed, string name, double spread)
    {
        var stream = new RandomStream(seed, $"first-weights {name}");
        var numbers = new float[values.numel()];
        foreach (ref var number in numbers.AsSpan())
        {
            number = (float)(spread * stream.NextNormal());
        }

        values.copy_(tensor(numbers).view(values.shape));
    }
}
