using System.Globalization;
using PolyCL.Core;
using PolyCL.Models.Weights;
using PolyCL.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Training;

/// <summary>The weight files of the small networks: .safetensors that carry their label, recipe, sizes, seed and digests.</summary>
internal static class TinyFile
{
    /// <summary>Keys of the texts in a file, besides <see cref="TinyWeights.LabelKey"/>.</summary>
    internal const string RecipeKey = "polycl.recipe", SizesKey = "polycl.sizes", SeedKey = "polycl.seed", DataKey = "polycl.data_sha256", WeightsKey = "polycl.weights_sha256";

    /// <summary>Checks the name of a file to write, before the training.</summary>
    /// <exception cref="ArgumentException">It has another ending, or is a folder.</exception>
    internal static void CheckName(string path)
    {
        if (!Check.NotBlank(path).EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || Directory.Exists(path))
        {
            throw new ArgumentException($"{path}: small networks are written as .safetensors; give a file with that ending.", nameof(path));
        }
    }

    /// <summary>Writes a network; the file is whole or absent.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="network">The network, under the official names.</param>
    /// <param name="recipe">How it was trained.</param>
    /// <param name="sizes">Its sizes, written as JSON: some are not told by shapes.</param>
    /// <param name="dataSha256">Digest of what it was trained on.</param>
    internal static void Write<T>(string path, Module network, TinyRecipe recipe, T sizes, string dataSha256)
    {
        using var scope = NewDisposeScope();
        WeightFile.Write(path, network, new Dictionary<string, string>
        {
            [TinyWeights.LabelKey] = TinyWeights.Label,
            [RecipeKey] = SettingsJson.ToLine(recipe),
            [SizesKey] = SettingsJson.ToLine(sizes),
            [SeedKey] = recipe.Seed.ToString(CultureInfo.InvariantCulture),
            [DataKey] = dataSha256,
            [WeightsKey] = WeightsDigest.Of(network),
        });
    }
}
