using TorchSharp;
using static TorchSharp.torch;

namespace PolyCL.Models;

/// <summary>Where a network's dropout masks come from: a key of (seed, step) and the number of passes since the key was set.</summary>
/// <remarks>
/// A mask is a pure function of (seed, step, pass, layer, element): it is computed where it is used, never stored, and is the same on
/// every CPU, thread count and after a restart at the same step. Set the key once before each training step; the second and third pass
/// of a step (positive, negative) get masks of their own. On CUDA the masks come from torch's generator, which the trainer seeds.
/// </remarks>
public sealed class DropoutKey
{
    private long seed;
    private long step;
    private int pass = -1;

    /// <summary>Sets the key of the step that begins and starts counting passes anew.</summary>
    public void Set(long newSeed, long newStep)
    {
        seed = newSeed;
        step = newStep;
        pass = -1;
    }

    /// <summary>Begins the next pass through the network; the network's forward calls it once.</summary>
    public void NextPass() => pass++;

    /// <summary>The 64-bit key of one layer's mask in the present pass.</summary>
    internal ulong OfLayer(int layer) => new Core.RandomStream(seed, PurposeHash, step, ((long)pass << 16) | (uint)layer).NextUInt64();

    /// <summary>Drops a share of a tensor's elements and scales the rest up.</summary>
    internal Tensor Drop(Tensor x, double share, int layer)
    {
        if (x.device.type != DeviceType.CPU)
        {
            return nn.functional.dropout(x, share, training: true);
        }

        using var mask = DropoutMask.Create(x.shape, share, OfLayer(layer), x.dtype);
        return x * mask;
    }

    private static readonly ulong PurposeHash = Core.RandomStream.Fnv1a("dropout");
}
