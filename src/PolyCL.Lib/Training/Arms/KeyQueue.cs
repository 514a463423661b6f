using PolyCL.Core;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>The last keys of MoCo, length 1 each, in a ring; random directions at first. State that a checkpoint saves.</summary>
/// <remarks>A minibatch that reaches the end is cut there and the ring starts at 0 again, as in lightly's memory bank.</remarks>
internal sealed class KeyQueue : Module
{
    private const string Keys = "keys";
    private const string Position = "position";

    /// <summary>Fills the ring from the seed.</summary>
    /// <param name="size">Keys kept, K.</param>
    /// <param name="embeddingSize">Length of a key, E.</param>
    /// <param name="seed">Seed of the run.</param>
    public KeyQueue(int size, int embeddingSize, long seed) : base(nameof(KeyQueue))
    {
        var stream = new RandomStream(seed, "key-queue");
        var values = new float[size * embeddingSize];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)stream.NextNormal();
        }

        using var raw = tensor(values, [size, embeddingSize]);
        register_buffer(Keys, functional.normalize(raw, dim: 1).DetachFromDisposeScope());
        register_buffer(Position, zeros([1], ScalarType.Int64).DetachFromDisposeScope());
    }

    /// <summary>A copy of the keys, [K, E], safe to keep for the backward pass while the ring moves on.</summary>
    public Tensor Snapshot() => get_buffer(Keys)!.clone();

    /// <summary>Takes in a minibatch of keys in place of the oldest.</summary>
    /// <param name="fresh">[M, E]; brought to length 1 here.</param>
    public void Push(Tensor fresh)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (ring, at) = (get_buffer(Keys)!, get_buffer(Position)!);
        var start = at.item<long>();
        var count = Math.Min(fresh.shape[0], ring.shape[0] - start);
        ring.narrow(0, start, count).copy_(functional.normalize(fresh.narrow(0, 0, count), dim: 1));
        at.fill_((start + count) % ring.shape[0]);
    }
}
