namespace PolyCL.Models.Weights;

/// <summary>Takes off a tensor's name what other people's programs add to it.</summary>
/// <remarks>
/// PyTorch's wrappers name themselves wherever they wrap (DataParallel <c>module</c>, compile <c>_orig_mod</c>, sharding and checkpointing), and a
/// trainer's class has the network in an attribute (<c>model</c>, <c>net</c>, <c>encoder</c>). A name is shortened only as far as the network has the rest.
/// </remarks>
internal static class WrapperNames
{
    /// <summary>More of them one after another are hostile.</summary>
    private const int MostHolders = 6;

    private static readonly string[] Wrappers = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
    private static readonly string[] Holders = ["model", "net", "network", "backbone", "encoder"];

    /// <summary>True when a wrapper's own name stands in a name.</summary>
    internal static bool HasWrapper(string name) =>
        Array.Exists(Wrappers, wrapper => name.Contains(wrapper, StringComparison.Ordinal)) && name.Split('.').Any(IsWrapper);

    /// <summary>Shortens a name.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="known">True for names that the network has.</param>
    /// <returns>The shortest cut that is known, and what was taken off, each part with its dot; the name itself when nothing helps.</returns>
    internal static (string Name, string Taken) Strip(string name, Func<string, bool> known)
    {
        if (known(name))
        {
            return (name, string.Empty);
        }

        var parts = name.Split('.');
        var kept = Array.FindAll(parts, part => !IsWrapper(part));
        for (var cut = 0; cut < kept.Length && cut <= MostHolders; cut++)
        {
            var rest = string.Join('.', kept[cut..]);
            if (known(rest))
            {
                return (rest, Taken(parts, cut));
            }

            if (!Holders.Contains(kept[cut]))
            {
                break;
            }
        }

        return (name, string.Empty);
    }

    /// <summary>The wrappers, and as many other parts as were cut off the front, in the order of the name.</summary>
    private static string Taken(string[] parts, int cut)
    {
        var rest = cut;
        return string.Concat(parts.Where(part => IsWrapper(part) || rest-- > 0).Select(part => part + "."));
    }

    private static bool IsWrapper(string part) => Wrappers.Contains(part);
}
