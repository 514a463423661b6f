using static TorchSharp.torch;

namespace PolyCL.Sam.Video;

/// <summary>What the mask decoder says of one slice; the tensors belong to the caller's scope.</summary>
/// <param name="Logits">The candidates after the object test, [1, K, S/4, S/4]; −1024 everywhere where the object is absent.</param>
/// <param name="Qualities">Predicted overlap of each candidate with the truth, 0 to 1.</param>
/// <param name="Best">Number of the best candidate.</param>
/// <param name="ObjectScore">Logit of the object being there; absent at 0 and below.</param>
/// <param name="Pointer">The object pointer, [1, dim].</param>
internal sealed record DecodedSlice(Tensor Logits, float[] Qualities, int Best, float ObjectScore, Tensor Pointer);
