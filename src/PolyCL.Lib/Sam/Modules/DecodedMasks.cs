using static TorchSharp.torch;

namespace PolyCL.Sam.Modules;

/// <summary>What the mask decoder gives for N prompts; the tensors belong to the caller's scope.</summary>
/// <param name="Logits">[N, 4, 4h, 4w]; mask 0 is the one for an unambiguous prompt, 1 to 3 are alternatives.</param>
/// <param name="Qualities">Predicted overlap of each mask with the truth [N, 4].</param>
/// <param name="Tokens">The masks' tokens after the transformer [N, 4, C].</param>
/// <param name="ObjectScores">SAM 2's logits of the object being there [N, 1]; null for SAM.</param>
internal sealed record DecodedMasks(Tensor Logits, Tensor Qualities, Tensor Tokens, Tensor? ObjectScores);
