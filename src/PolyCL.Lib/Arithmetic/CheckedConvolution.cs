using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Arithmetic;

/// <summary>Convolutions of our networks by a given route; every route gives the same numbers to within rounding where the machine computes rightly.</summary>
/// <remarks>
/// oneDNN keeps maps in blocks of 16 channels (8 with AVX2). On some virtual machines the channels that it adds to fill a block do not stay zero, and enter sums.
/// Where it has nothing to fill, it is right there, too; so <see cref="ArithmeticRoute.PaddedChannels"/> fills the blocks itself, with zeros that torch makes.
/// </remarks>
internal static class CheckedConvolution
{
    /// <summary>Channels of a block in AVX-512; a multiple of the blocks of narrower instructions.</summary>
    internal const int Block = 16;

    /// <summary>Up to this many input channels, padding to a block costs more than the product with the unfolded input.</summary>
    internal const int FewChannels = 4;

    /// <summary>A convolution over all or over single channels.</summary>
    /// <param name="route">How to compute it; matters for float32 and bfloat16 on the CPU.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="weight">[K, C / groups, h, w].</param>
    /// <param name="bias">[K], or null.</param>
    /// <param name="stride">Rows, columns.</param>
    /// <param name="padding">Rows, columns.</param>
    /// <param name="groups">1, or C for a convolution of single channels.</param>
    /// <returns>[N, K, H', W'].</returns>
    public static Tensor Forward(ArithmeticRoute route, Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding, long groups = 1)
    {
        using var scope = NewDisposeScope();
        var output = Effective(route, input) switch
        {
            ArithmeticRoute.PaddedChannels when groups == 1 && input.shape[1] <= FewChannels => Unfolded(input, weight, bias, stride, padding),
            ArithmeticRoute.PaddedChannels when groups == 1 => Cut(
                Primitives.Conv2d(Fill(input, 1), Fill(Fill(weight, 1), 0), Fill(bias, 0), stride, padding, 1), weight.shape[0]),
            ArithmeticRoute.PaddedChannels when groups == input.shape[1] && weight.shape[0] == groups => Cut(
                Primitives.Conv2d(Fill(input, 1), Fill(weight, 0), Fill(bias, 0), stride, padding, Filled(groups)), weight.shape[0]),
            ArithmeticRoute.WithoutOneDnn when input.dtype == ScalarType.BFloat16 => Primitives.Conv2d(Wide(input), Wide(weight), Wide(bias), stride, padding, groups)
                .to_type(ScalarType.BFloat16),
            _ => Primitives.Conv2d(input, weight, bias, stride, padding, groups),
        };
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>A transposed convolution.</summary>
    /// <param name="route">How to compute it.</param>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="weight">[C, K, h, w].</param>
    /// <param name="bias">[K], or null.</param>
    /// <param name="stride">Rows, columns.</param>
    /// <param name="padding">Rows, columns.</param>
    /// <returns>[N, K, H', W'].</returns>
    public static Tensor Transposed(ArithmeticRoute route, Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding)
    {
        using var scope = NewDisposeScope();
        var output = Effective(route, input) switch
        {
            ArithmeticRoute.PaddedChannels => Cut(
                Primitives.ConvTranspose2d(Fill(input, 1), Fill(Fill(weight, 0), 1), Fill(bias, 0), stride, padding), weight.shape[1]),
            ArithmeticRoute.WithoutOneDnn when input.dtype == ScalarType.BFloat16 => Primitives.ConvTranspose2d(Wide(input), Wide(weight), Wide(bias), stride, padding)
                .to_type(ScalarType.BFloat16),
            _ => Primitives.ConvTranspose2d(input, weight, bias, stride, padding),
        };
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>The route that matters for this tensor: other devices and formats do not compute by oneDNN.</summary>
    private static ArithmeticRoute Effective(ArithmeticRoute route, Tensor input) =>
        input.device_type == DeviceType.CPU && input.dtype is ScalarType.Float32 or ScalarType.BFloat16 ? route : ArithmeticRoute.Direct;

    /// <summary>Each output pixel as the product of the weights with the input pixels below them; no oneDNN convolution takes part.</summary>
    private static Tensor Unfolded(Tensor input, Tensor weight, Tensor? bias, long[] stride, long[] padding)
    {
        var (kernel, outputs) = (weight.shape[2..], weight.shape[0]);
        long Size(int axis) => ((input.shape[axis + 2] + (2 * padding[axis]) - kernel[axis]) / stride[axis]) + 1;
        var columns = functional.unfold(input, (kernel[0], kernel[1]), (1, 1), (padding[0], padding[1]), (stride[0], stride[1]));   // [N, C·h·w, H'·W']
        var output = bmm(weight.reshape(1, outputs, -1).expand(input.shape[0], outputs, columns.shape[1]), columns);
        output = output.view(input.shape[0], outputs, Size(0), Size(1));
        return bias is null ? output : output + bias.view(1, -1, 1, 1);
    }

    private static long Filled(long channels) => (channels + Block - 1) / Block * Block;

    /// <summary>Zeros after the channels of one axis, up to a whole block.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(tensor))]
    private static Tensor? Fill(Tensor? tensor, int axis)
    {
        if (tensor is null || Filled(tensor.shape[axis]) is var length && length == tensor.shape[axis])
        {
            return tensor;
        }

        var pads = new long[2 * (tensor.shape.Length - axis)];           // torch counts from the last axis
        pads[^1] = length - tensor.shape[axis];
        return functional.pad(tensor, pads);
    }

    private static Tensor Cut(Tensor output, long channels) =>
        output.shape[1] == channels ? output : output.narrow(1, 0, channels).contiguous();

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(tensor))]
    private static Tensor? Wide(Tensor? tensor) => tensor?.to_type(ScalarType.Float32);
}
