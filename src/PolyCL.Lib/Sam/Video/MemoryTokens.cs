using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>The memories and pointers that a slice is joined with, as tokens; the tensors belong to the caller's scope.</summary>
/// <param name="Values">[1, L, memoryDim]: whole maps, then pointers.</param>
/// <param name="Positions">[1, L, memoryDim].</param>
/// <param name="PointerTokens">How many of the last tokens belong to pointers.</param>
internal sealed record MemoryTokens(Tensor Values, Tensor Positions, long PointerTokens);
