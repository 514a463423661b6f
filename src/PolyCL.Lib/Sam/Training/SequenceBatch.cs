using static TorchSharp.torch;

namespace PolyCL.Sam.Training;

/// <summary>Short sequences of slices of one length with the organ's masks; the tensors belong to the caller's scope.</summary>
/// <param name="Length">Slices of each sequence, T.</param>
/// <param name="Prompted">Position of the slice whose mask is given; it shows the organ in every sequence.</param>
/// <param name="Slices">Slices of the scan for which a sequence stands, at least T: distances of object pointers are shares of it.</param>
/// <param name="Pixels">[T · N, 3, S, S], position by position.</param>
/// <param name="Masks">[T · N, 1, S, S] of 0 and 1.</param>
/// <param name="Remembered">The given masks as the memory encoder takes them, [N, 1, S, S] of 0 and 1.</param>
internal sealed record SequenceBatch(int Length, int Prompted, int Slices, Tensor Pixels, Tensor Masks, Tensor Remembered)
{
    /// <summary>Sequences, N.</summary>
    public long Count => Remembered.shape[0];

    /// <summary>The masks at a position, [N, 1, S, S].</summary>
    public Tensor MasksAt(int position) => Masks.narrow(0, position * Count, Count);
}
