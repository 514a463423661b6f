using PolyCL.Core;
using PolyCL.Models.Weights;

namespace PolyCL.Sam;

/// <summary>Finds a SAM network in a weight file.</summary>
internal static class SamWeights
{
    private const string Sam2Part = "sam_mask_decoder.";

    /// <summary>How the names of SAM and SAM 2 begin.</summary>
    private static readonly string[] Beginnings =
    [
        .. SamArchitecture.Parts, "sam_prompt_encoder.", Sam2Part, "memory_attention.", "memory_encoder.", "mask_downsample.",
        "maskmem_tpos_enc", "no_mem_", "no_obj_", "obj_ptr_",
    ];


    /// <summary>Reads the network's sizes off the dictionary of the file that holds it.</summary>
    /// <exception cref="WeightMismatchException">The file holds no SAM network, or is one of SAM 2.</exception>
    internal static SamArchitecture Architecture(WeightSet weights)
    {
        foreach (var section in weights.Sections)
        {
            var shapes = Shapes(weights, section);
            if (shapes.Keys.Any(name => name.StartsWith(Sam2Part, StringComparison.Ordinal)))
            {
                throw new WeightMismatchException(
                    $"Weight file '{weights.Path}' is of SAM 2; SAM is needed here. Give a file such as sam_vit_b_01ec64.pth, or use SAM 2's own command.", weights.Path);
            }

            if (SamArchitecture.Parts.All(part => shapes.Keys.Any(name => name.StartsWith(part, StringComparison.Ordinal))))
            {
                return SamArchitecture.Read(shapes, weights.Path);
            }
        }

        return SamArchitecture.Read(Shapes(weights, weights.Sections.Count > 0 ? weights.Sections[0] : string.Empty), weights.Path);
    }

    /// <summary>The shape of each tensor of a dictionary of the file, by its name without what savers add.</summary>
    internal static Dictionary<string, IReadOnlyList<long>> Shapes(WeightSet weights, string section)
    {
        Dictionary<string, IReadOnlyList<long>> shapes = new(StringComparer.Ordinal);
        foreach (var entry in weights.BySection[section])
        {
            shapes[WrapperNames.Strip(entry.Name, IsOfSam).Name] = entry.Shape;
        }

        return shapes;
    }

    private static bool IsOfSam(string name) => WeightNames.StartsWithAny(name, Beginnings) && !WrapperNames.HasWrapper(name);
}
