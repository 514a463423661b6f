using PolyCL.Core;
using PolyCL.Data;
using PolyCL.Models;
using PolyCL.Models.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>Brings models to and from other programs.</summary>
public static class ModelExchange
{
    /// <summary>Writes a model's tensors under the reference implementations' names: .safetensors, with the model card, or PyTorch's zip .pth.</summary>
    /// <param name="model">A weight file that this project reads.</param>
    /// <param name="output">The file to write; its ending, .safetensors, .pth or .pt, says the kind.</param>
    /// <returns>The number of tensors written.</returns>
    /// <exception cref="ArgumentException">The ending is another.</exception>
    /// <exception cref="WeightMismatchException">The model cannot be read.</exception>
    public static int Export(string model, string output)
    {
        var torch = Path.GetExtension(output).ToLowerInvariant() switch
        {
            ".pth" or ".pt" => true,
            ".safetensors" => false,
            var other => throw new ArgumentException($"{output}: the ending '{other}' names no kind of weight file; give .safetensors or .pth.", nameof(output)),
        };
        using var scope = NewDisposeScope();
        using var weights = WeightFile.Read(model);
        var tensors = weights.Entries.ToDictionary(entry => entry.FullName, entry => weights.ReadTensor(entry.FullName));
        if (torch)
        {
            WeightFile.WriteTorch(output, tensors);
        }
        else
        {
            WeightFile.Write(output, tensors, weights.Metadata);
        }

        return tensors.Count;
    }

    /// <summary>Reads another program's weights into a network and writes them as a model of this project.</summary>
    /// <param name="file">.safetensors or .pth of the reference implementation's names, with or without what savers add to them.</param>
    /// <param name="network">The network the weights are of.</param>
    /// <param name="asEncoder">True for a contrastive encoder with its projection head, false for a segmenter.</param>
    /// <param name="preparation">How scans become slices for these weights.</param>
    /// <param name="output">The model file to write.</param>
    /// <param name="options">What may differ; null for nothing but the number format, float64 included.</param>
    /// <returns>What was matched, left out and converted.</returns>
    /// <exception cref="ArgumentException">The network does not take slices of the preparation's size.</exception>
    /// <exception cref="WeightMismatchException">
    /// The file cannot be read, does not fit, or has weights that are not finite; nothing is written then.
    /// </exception>
    public static WeightReport Import(
        string file, NetworkOptions network, bool asEncoder, PrepareOptions preparation, string output, WeightLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(preparation);
        network.CheckSize(preparation.Size, preparation.Size);
        using var weights = WeightFile.Read(file);
        using Module target = asEncoder ? new ContrastiveEncoder(network.CreateEncoder()) : network.CreateSegmenter();
        var report = WeightLoader.Load(target, weights, options ?? new WeightLoadOptions { AllowNarrowing = true });
        var digest = ContentHash.OfFile(file);
        ModelFile.Save(output, target, new ModelCard
        {
            Kind = asEncoder ? ModelFile.EncoderKind : ModelFile.SegmenterKind,
            Network = network,
            EmbeddingSize = asEncoder ? ContrastiveEncoder.PaperEmbeddingSize : 0,
            Preparation = preparation,
            DataFingerprint = "unknown",
            Split = null,
            Profile = "imported",
            Seed = 0,
            Run = "imported",
            Origin = $"imported from a file of SHA-256 {digest[..12]}",
        });
        return report;
    }
}
