using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training.Arms;

/// <summary>What one way of pre-training by contrast does in a step; loop, log, checkpoints and order are the same for all.</summary>
internal abstract class PretrainArm : IDisposable
{
    /// <summary>Everything that is trained or must be saved to go on, owned by the arm: the encoder, and what it needs beside it.</summary>
    public abstract Module Network { get; }

    /// <summary>Announces the step that begins, counted from 0.</summary>
    public abstract void BeginStep(long step);

    /// <summary>The loss of a minibatch.</summary>
    /// <param name="batch">Its anchors.</param>
    /// <param name="next">The anchors of the minibatch that follows, to be read ahead; empty at the end of an epoch.</param>
    public abstract Tensor Loss(Minibatch batch, Minibatch next);

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}
