using static TorchSharp.torch;

namespace PolyCL.Sam.Modules;

/// <summary>SAM 2's maps of the finer levels, after <c>conv_s0</c> and <c>conv_s1</c>; the tensors stay the maker's.</summary>
/// <param name="Level0">[N, C / 8, 4h, 4w].</param>
/// <param name="Level1">[N, C / 4, 2h, 2w].</param>
internal sealed record FineMaps(Tensor Level0, Tensor Level1);
