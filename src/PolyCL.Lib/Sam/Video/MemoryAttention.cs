using PolyCL.Models;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>Joins a slice's feature map with the memories of other slices.</summary>
/// <remarks>Source: official memory_attention module.</remarks>
internal sealed class MemoryAttention : Module
{
    /// <summary>Share of the map's sine code that is added to it.</summary>
    private const double CodeShare = 0.1;

    private readonly ModuleList<Layer> layers;
    private readonly LayerNorm norm;

    public MemoryAttention(Sam2Architecture sizes, ComputePrecision precision = ComputePrecision.Full) : base(nameof(MemoryAttention))
    {
        layers = ModuleList([.. Enumerable.Range(0, sizes.MemoryLayers).Select(_ => new Layer(sizes, precision))]);
        norm = LayerNorm(sizes.Dim);
        RegisterComponents();
    }

    /// <summary>Joins.</summary>
    /// <param name="map">[N, T, dim], the tokens of the map row by row.</param>
    /// <param name="codes">Sine code and rotary tables.</param>
    /// <param name="memory">[N, L, memoryDim]: whole maps, then the tokens of object pointers.</param>
    /// <param name="memoryPosition">[N, L, memoryDim].</param>
    /// <param name="pointerTokens">How many of the last memory tokens belong to pointers.</param>
    /// <returns>[N, T, dim].</returns>
    public Tensor Join(Tensor map, MapCodes codes, Tensor memory, Tensor memoryPosition, long pointerTokens)
    {
        using var scope = NewDisposeScope();
        var keys = memory + memoryPosition;
        var x = map + (codes.Map * CodeShare);
        foreach (var layer in layers)
        {
            var next = layer.Join(x, codes, keys, memory, pointerTokens);
            x.Dispose();
            x = next;
        }

        return norm.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Self-attention, attention to the memories, two linear layers; each of the normed tokens and added to them.</summary>
    private sealed class Layer : Module
    {
        private readonly RotaryAttention self_attn;
        private readonly RotaryAttention cross_attn_image;
        private readonly Linear linear1;
        private readonly Linear linear2;
        private readonly LayerNorm norm1;
        private readonly LayerNorm norm2;
        private readonly LayerNorm norm3;
        private readonly ComputePrecision precision;

        public Layer(Sam2Architecture sizes, ComputePrecision precision) : base(nameof(Layer))
        {
            this.precision = precision;
            self_attn = new RotaryAttention(sizes.Dim, sizes.Dim, precision);
            cross_attn_image = new RotaryAttention(sizes.Dim, sizes.MemoryDim, precision);
            linear1 = Linear(sizes.Dim, sizes.MemoryMlp);
            linear2 = Linear(sizes.MemoryMlp, sizes.Dim);
            norm1 = LayerNorm(sizes.Dim);
            norm2 = LayerNorm(sizes.Dim);
            norm3 = LayerNorm(sizes.Dim);
            RegisterComponents();
        }

        public Tensor Join(Tensor map, MapCodes codes, Tensor keys, Tensor memory, long pointerTokens)
        {
            using var scope = NewDisposeScope();
            var normed = norm1.call(map);
            var x = map + self_attn.Attend(normed, normed, normed, codes.Cosine, codes.Sine);
            x += cross_attn_image.Attend(norm2.call(x), keys, memory, codes.Cosine, codes.Sine, pointerTokens);
            var inner = functional.relu(linear1.Apply(norm3.call(x), precision));
            return (x + linear2.Apply(inner, precision)).MoveToOuterDisposeScope();
        }
    }
}
