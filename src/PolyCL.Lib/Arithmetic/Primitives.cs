using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Arithmetic;

/// <summary>The two operations of libtorch below all routes; a test puts faulty ones in their place.</summary>
internal static class Primitives
{
    /// <summary>A convolution as torch computes it: input, weight, bias, stride, padding, groups.</summary>
    internal static Func<Tensor, Tensor, Tensor?, long[], long[], long, Tensor> Conv2d { get; set; } = TorchConv2d;

    /// <summary>A transposed convolution as torch computes it: input, weight, bias, stride, padding.</summary>
    internal static Func<Tensor, Tensor, Tensor?, long[], long[], Tensor> ConvTranspose2d { get; set; } = TorchConvTranspose2d;

    /// <summary>Whether torch's own operations are in place.</summary>
    internal static bool AreTorchs => Conv2d == TorchConv2d && ConvTranspose2d == TorchConvTranspose2d;

    internal static void Reset() => (Conv2d, ConvTranspose2d) = (TorchConv2d, TorchConvTranspose2d);

    internal static Tensor TorchConv2d(Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding, long groups) =>
        functional.conv2d(input, weight, bias, stride, padding, groups: groups);

    internal static Tensor TorchConvTranspose2d(Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding) =>
        functional.conv_transpose2d(input, weight, bias, stride, padding);
}
