using PolyCL.Core;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>What one convolution or linear layer costs for one slice.</summary>
/// <param name="Name">Name of the layer in the state dictionary.</param>
/// <param name="Kind">Kind of layer, such as "Conv2d".</param>
/// <param name="Output">Shape of its output, [1, C, H, W].</param>
/// <param name="Parameters">Numbers in its weight and bias.</param>
/// <param name="MultiplyAdds">Multiplications with a weight.</param>
public sealed record LayerCost(string Name, string Kind, IReadOnlyList<long> Output, long Parameters, long MultiplyAdds);

/// <summary>Parameters and multiply-adds of a network for one slice; convolutions and linear layers are counted, norms, attention products and biases are not.</summary>
public sealed record NetworkCost
{
    /// <summary>All parameters, norms' and positions' included.</summary>
    public required long Parameters { get; init; }

    /// <summary>The layers in the order in which they compute.</summary>
    public required IReadOnlyList<LayerCost> Layers { get; init; }

    /// <summary>Sum over the layers.</summary>
    public long MultiplyAdds => Layers.Sum(layer => layer.MultiplyAdds);

    /// <summary>Counts a segmenter.</summary>
    /// <param name="options">The network.</param>
    /// <param name="size">Rows and columns of the slice.</param>
    /// <exception cref="ArgumentException">The network does not take slices of this size.</exception>
    public static NetworkCost OfSegmenter(NetworkOptions options, int size)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var network = options.Plain.CreateSegmenter();
        return Count(network, size);
    }

    /// <summary>Counts an encoder with its projection head.</summary>
    /// <param name="options">The network.</param>
    /// <param name="size">Rows and columns of the slice.</param>
    /// <param name="embeddingSize">Length of the embedding.</param>
    /// <exception cref="ArgumentException">The network does not take slices of this size.</exception>
    public static NetworkCost OfEncoder(NetworkOptions options, int size, int embeddingSize = ContrastiveEncoder.PaperEmbeddingSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var network = new ContrastiveEncoder(options.Plain.CreateEncoder(), embeddingSize);
        return Count(network, size);
    }

    private static NetworkCost Count(Module<Tensor, Tensor> network, int size)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        var layers = new List<LayerCost>();
        foreach (var (name, layer) in network.named_modules().Where(entry => Weight(entry.module) is not null))
        {
            ((Module<Tensor, Tensor>)layer).register_forward_hook((_, input, output) =>
            {
                layers.Add(Cost(name, layer, input, output));
                return output;
            });
        }

        LayerCalls.AsLayers(() => network.call(zeros(1, 1, Check.Positive(size), size)));
        return new NetworkCost { Parameters = network.parameters().Sum(parameter => parameter.numel()), Layers = layers };
    }

    private static LayerCost Cost(string name, Module layer, Tensor input, Tensor output)
    {
        var weight = Weight(layer)!;
        // Each weight meets every output pixel or token; a transposed convolution's every input pixel.
        var places = layer switch
        {
            Conv2d _ or StandardisedConv => output.shape[2] * output.shape[3],
            ConvTranspose2d _ => input.shape[2] * input.shape[3],
            _ => output.numel() / output.shape[^1],
        };
        return new LayerCost(name, layer.GetName(), output.shape, layer.parameters().Sum(parameter => parameter.numel()), weight.numel() * places);
    }

    private static Parameter? Weight(Module layer) => layer switch
    {
        Conv2d convolution => convolution.weight,
        ConvTranspose2d convolution => convolution.weight,
        StandardisedConv convolution => convolution.Weight,
        Linear linear => linear.weight,
        _ => null,
    };
}
