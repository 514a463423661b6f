using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Training;

/// <summary>What a training loop needs to know of one kind of training.</summary>
internal abstract class TrainingTask : IDisposable
{
    /// <summary>The network whose parameters are trained, already on its device.</summary>
    public abstract Module Network { get; }

    /// <summary>Items of one epoch; the same number in every epoch.</summary>
    public abstract int ItemCount { get; }

    /// <summary>Announces the epoch whose steps come next; may be called again for the same epoch after a resume.</summary>
    /// <param name="epoch">Counted from 0.</param>
    public abstract void BeginEpoch(int epoch);

    /// <summary>Fixes dropout for the step that begins.</summary>
    public abstract void BeginStep(long step);

    /// <summary>The loss of the items at positions <paramref name="start"/> … <paramref name="start"/> + <paramref name="count"/> − 1 of the epoch's order.</summary>
    /// <remarks>Called inside the caller's dispose scope.</remarks>
    public abstract Tensor Loss(int epoch, int start, int count);

    /// <summary>Validation loss after an epoch, or null when there is none.</summary>
    public virtual double? Validate() => null;

    /// <summary>Measures the representation after an epoch, or null when that is not wanted.</summary>
    /// <param name="epoch">Epoch just finished, counted from 1.</param>
    public virtual EmbeddingProbe? Probe(int epoch) => null;

    /// <summary>Keeps the present weights as the best so far.</summary>
    public virtual void KeepBest(RunFolder folder)
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
