namespace PolyCL.Training.Arms;

/// <summary>Anchors of one step and where they stand, which fixes all that is drawn for them.</summary>
/// <param name="Anchors">Positions in the store's slices.</param>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="Start">Position of the first anchor in the epoch's order.</param>
internal readonly record struct Minibatch(ReadOnlyMemory<int> Anchors, int Epoch, int Start);
