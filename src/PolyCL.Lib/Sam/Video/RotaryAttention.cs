using PolyCL.Models;
using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>One-headed attention whose queries and keys are turned by their place on the map.</summary>
/// <remarks>
/// The values are mixed before they are projected: the weights of a mixture sum to 1, so the result is the same, and a memory's values have a quarter of the
/// channels. Source: official transformer module (RoPEAttention).
/// </remarks>
internal sealed class RotaryAttention : Module
{
    /// <summary>Queries whose weights are made at a time: those of 4,096 queries and 28,672 keys would take 470 MB.</summary>
    private const long QueriesAtOnce = 256;

    private readonly Linear q_proj;
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear out_proj;
    private readonly ComputePrecision precision;

    /// <param name="channels">Channels of the queries and of the result.</param>
    /// <param name="keyChannels">Channels of keys and values.</param>
    /// <param name="precision">Number format of the products.</param>
    public RotaryAttention(int channels, int keyChannels, ComputePrecision precision) : base(nameof(RotaryAttention))
    {
        this.precision = precision;
        q_proj = Linear(channels, channels);
        k_proj = Linear(keyChannels, channels);
        v_proj = Linear(keyChannels, channels);
        out_proj = Linear(channels, channels);
        RegisterComponents();
    }

    /// <summary>Attends.</summary>
    /// <param name="queries">[N, T, channels], one token for each place of the map.</param>
    /// <param name="keys">[N, L, keyChannels]: whole maps one after another, then tokens without a place.</param>
    /// <param name="values">[N, L, keyChannels].</param>
    /// <param name="cosine">[T, channels / 2].</param>
    /// <param name="sine">[T, channels / 2].</param>
    /// <param name="placeless">How many of the last keys are not turned.</param>
    /// <returns>[N, T, channels].</returns>
    public Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor cosine, Tensor sine, long placeless = 0)
    {
        using var scope = NewDisposeScope();
        var query = Turn(q_proj.Apply(queries, precision), cosine, sine);
        var key = k_proj.Apply(keys, precision);
        var placed = key.shape[1] - placeless;
        var turned = Turn(key.narrow(1, 0, placed), cosine, sine);
        if (placeless > 0)
        {
            turned = cat([turned, key.narrow(1, placed, placeless)], 1);
        }

        return out_proj.Apply(v_proj.Apply(Mix(query, turned, values), precision), precision).MoveToOuterDisposeScope();
    }

    /// <summary>The values, weighted for each query by its likeness to the keys.</summary>
    private Tensor Mix(Tensor queries, Tensor keys, Tensor values)
    {
        var scaled = Format(queries * (1 / Math.Sqrt(queries.shape[2])));
        var (across, mixed) = (Format(keys).transpose(1, 2), Format(values));
        List<Tensor> parts = [];
        for (long start = 0; start < scaled.shape[1]; start += QueriesAtOnce)
        {
            using var part = NewDisposeScope();
            var scores = scaled.narrow(1, start, Math.Min(QueriesAtOnce, scaled.shape[1] - start)).bmm(across);
            parts.Add(scores.softmax(-1).bmm(mixed).MoveToOuterDisposeScope());
        }

        return cat(parts, 1).to_type(ScalarType.Float32);
    }

    private Tensor Format(Tensor x) => precision == ComputePrecision.Full ? x : LayerCalls.Narrow(x);

    /// <summary>Turns each pair of neighbouring channels; the table serves every map among the tokens.</summary>
    private static Tensor Turn(Tensor x, Tensor cosine, Tensor sine)
    {
        var (places, pairs) = (cosine.shape[0], cosine.shape[1]);
        var paired = x.reshape(x.shape[0], x.shape[1] / places, places, pairs, 2);
        var (first, second) = (paired.select(-1, 0), paired.select(-1, 1));
        return stack([(first * cosine) - (second * sine), (first * sine) + (second * cosine)], -1).reshape(x.shape);
    }
}
