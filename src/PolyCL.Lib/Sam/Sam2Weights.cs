using PolyCL.Core;
using PolyCL.Models.Weights;

namespace PolyCL.Sam;

/// <summary>Finds a SAM 2 network in a weight file.</summary>
/// <remarks>
/// Most sizes are read off names and shapes. Heads, windows and global blocks no shape tells: they come from the table of the official sizes, found by width
/// and number of blocks, or from the metadata of a .safetensors file of this project.
/// </remarks>
internal static class Sam2Weights
{
    /// <summary>Under this name a .safetensors file of this project holds the <see cref="Sam2Architecture"/> as JSON.</summary>
    internal const string MetadataKey = "polycl.sizes";

    private const string Trunk = "image_encoder.trunk.";

    private static readonly Sam2Architecture[] Official = [Sam2Architecture.Tiny, Sam2Architecture.Small, Sam2Architecture.BasePlus, Sam2Architecture.Large];

    /// <summary>Reads the network's sizes off the dictionary of the file that holds it.</summary>
    /// <exception cref="WeightMismatchException">The file holds no SAM 2 network, one of SAM, or one of unknown windows and heads.</exception>
    internal static Sam2Architecture Architecture(WeightSet weights)
    {
        var dictionaries = weights.Sections.Select(section => SamWeights.Shapes(weights, section)).ToList();
        if (dictionaries.Find(shapes => shapes.ContainsKey(Trunk + "pos_embed")) is { } found)
        {
            return Read(found, weights.Metadata, weights.Path);
        }

        throw new WeightMismatchException(
            dictionaries.Exists(shapes => shapes.ContainsKey("image_encoder.pos_embed"))
                ? $"Weight file '{weights.Path}' is of SAM; SAM 2 is needed here. Give a file such as sam2.1_hiera_tiny.pt, or use 'polycl refine'."
                : $"Weight file '{weights.Path}' is not of a SAM 2 network: it has no tensor '{Trunk}pos_embed'. Give a file such as sam2.1_hiera_tiny.pt.",
            weights.Path);
    }

    /// <summary>Reads the sizes.</summary>
    /// <param name="shapes">The shape of each tensor by its name in Meta's files.</param>
    /// <param name="metadata">What the file says besides.</param>
    /// <param name="path">The file, for messages.</param>
    internal static Sam2Architecture Read(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, IReadOnlyDictionary<string, string> metadata, string path)
    {
        var width = Size(Trunk + "pos_embed", 1, rank: 4);
        List<int> stages = [0];
        for (var block = 0; shapes.ContainsKey($"{Trunk}blocks.{block}.attn.qkv.weight"); block++)
        {
            if (shapes.ContainsKey($"{Trunk}blocks.{block}.proj.weight"))
            {
                stages.Add(0);
            }

            stages[^1]++;
        }

        try
        {
            return Base(width, stages.Sum(), metadata, path) with
            {
                Width = width,
                Stages = stages,
                BackgroundSize = Size(Trunk + "pos_embed", 2, rank: 4),
                Dim = Size("no_obj_ptr", 1, rank: 2),
                MemoryDim = Size("maskmem_tpos_enc", 3, rank: 4),
                MemoryLayers = Count(i => $"memory_attention.layers.{i}.norm1.weight"),
                MemoryMlp = Size("memory_attention.layers.0.linear1.weight", 0, rank: 2),
                DecoderMlp = Size("sam_mask_decoder.transformer.layers.0.mlp.layers.0.weight", 0, rank: 2),
                FuserLayers = Count(i => $"memory_encoder.fuser.layers.{i}.gamma"),
                MarksAbsence = shapes.ContainsKey("no_obj_embed_spatial"),
                PointersHavePositions = shapes.ContainsKey("obj_ptr_tpos_proj.weight"),
            };
        }
        catch (ArgumentException e)
        {
            throw new WeightMismatchException($"Weight file '{path}' is of an unknown SAM 2 network: {e.Message}", path);
        }

        int Count(Func<int, string> name) => Enumerable.Range(0, shapes.Count).TakeWhile(i => shapes.ContainsKey(name(i))).Count();

        int Size(string name, int dimension, int rank) =>
            shapes.TryGetValue(name, out var shape) && shape.Count == rank && shape[dimension] is > 0 and <= int.MaxValue
                ? (int)shape[dimension]
                : throw new WeightMismatchException(
                    $"Weight file '{path}' is not of a SAM 2 network: it has no tensor '{name}' of {rank} dimensions. Give a file such as sam2.1_hiera_tiny.pt.",
                    path);
    }

    /// <summary>What no shape tells.</summary>
    private static Sam2Architecture Base(int width, int blocks, IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (metadata.TryGetValue(MetadataKey, out var json))
        {
            return SettingsJson.Read<Sam2Architecture>(json, path);
        }

        return Array.Find(Official, sizes => sizes.Width == width && sizes.Stages.Sum() == blocks)
            ?? throw new WeightMismatchException(
                $"Weight file '{path}' is of a SAM 2 network of {blocks} blocks of width {width}, whose windows and heads are unknown; "
                + "give one of the official sizes (tiny, small, base_plus, large).",
                path);
    }
}
