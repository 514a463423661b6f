using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Video;

/// <summary>One-headed attention whose queries and keys are turned by their place on the map.</summary>
/// <remarks>Source: official transformer module (RoPEAttention).</remarks>
internal sealed class RotaryAttention : Module
{
    private readonly Linear q_proj;
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear out_proj;

    /// <param name="channels">Channels of the queries and of the result.</param>
    /// <param name="keyChannels">Channels of keys and values.</param>
    public RotaryAttention(int channels, int keyChannels) : base(nameof(RotaryAttention))
    {
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
        var query = Turn(q_proj.call(queries), cosine, sine);
        var key = k_proj.call(keys);
        var placed = key.shape[1] - placeless;
        var turned = Turn(key.narrow(1, 0, placed), cosine, sine);
        if (placeless > 0)
        {
            turned = cat([turned, key.narrow(1, placed, placeless)], 1);
        }

        var mixed = functional.scaled_dot_product_attention(query.unsqueeze(1), turned.unsqueeze(1), v_proj.call(values).unsqueeze(1));
        return out_proj.call(mixed.squeeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>Turns each pair of neighbouring channels; the table serves every map among the tokens.</summary>
    private static Tensor Turn(Tensor x, Tensor cosine, Tensor sine)
    {
        var (places, pairs) = (cosine.shape[0], cosine.shape[1]);
        var paired = x.reshape(x.shape[0], x.shape[1] / places, places, pairs, 2);
        var (first, second) = (paired.select(-1, 0), paired.select(-1, 1));
        return stack([(first * cosine) - (second * sine), (first * sine) + (second * cosine)], -1).reshape(x.shape);
    }
}
