using System.Globalization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Arithmetic;

/// <summary>Tries the operations that our networks are made of on small operands, with gradients, against float64, which does not use oneDNN.</summary>
/// <remarks>
/// Channels with and without a whole block, because what fills blocks is where machines were seen to be wrong; kernels 1, 3 and 7 at strides 1 and 2.
/// The numbers are fixed and small; random generators are left alone.
/// </remarks>
internal static class ArithmeticCheck
{
    private const int Side = 9;
    private static readonly (int In, int Out)[] Channels =
        [(1, 1), (1, 24), (2, 3), (3, 32), (16, 16), (24, 2), (24, 16), (32, 32)];

    private static readonly (long Size, long Stride)[] Kernels = [(1, 1), (1, 2), (3, 1), (3, 2), (7, 1), (7, 2)];
    private static readonly ScalarType[] Formats = [ScalarType.Float32, ScalarType.BFloat16];

    /// <summary>Tries all operations by a route.</summary>
    /// <remarks>oneDNN's switch of the process is left as it was found; nothing else may compute at the same time.</remarks>
    public static IReadOnlyList<ArithmeticFinding> Run(ArithmeticRoute route)
    {
        using var gradients = enable_grad();
        var tally = new CaseTally();
        foreach (var format in Formats)
        {
            Convolutions(tally, route, format);
            Products(tally, format);
            Norms(tally, format);
            Resampling(tally, format);
        }

        return tally.Findings;
    }

    private static void Convolutions(CaseTally tally, ArithmeticRoute route, ScalarType format)
    {
        foreach (var (inputs, outputs) in Channels)
        {
            foreach (var (kernel, stride) in Kernels)
            {
                long[] steps = [stride, stride], pads = [kernel / 2, kernel / 2];
                tally.Try("convolution", Words($"{inputs} to {outputs} channels, kernel {kernel}, stride {stride}"), format,
                    [[2, inputs, Side, Side], [outputs, inputs, kernel, kernel]],
                    x => CheckedConvolution.Forward(route, x[0], x[1], null, steps, pads),
                    x => functional.conv2d(x[0], x[1], strides: steps, padding: pads));
            }
        }

        foreach (var channels in (long[])[16, 24])
        {
            tally.Try("convolution of single channels", Words($"{channels} channels, kernel 7"), format, [[1, channels, Side, Side], [channels, 1, 7, 7]],
                x => CheckedConvolution.Forward(route, x[0], x[1], null, [1, 1], [3, 3], channels),
                x => functional.conv2d(x[0], x[1], strides: [1, 1], padding: [3, 3], groups: channels));
        }

        foreach (var (inputs, outputs) in Channels)
        {
            tally.Try("transposed convolution", Words($"{inputs} to {outputs} channels, kernel 2, stride 2"), format, [[2, inputs, 5, 5], [inputs, outputs, 2, 2]],
                x => CheckedConvolution.Transposed(route, x[0], x[1], null, [2, 2], [0, 0]),
                x => functional.conv_transpose2d(x[0], x[1], strides: [2, 2], padding: [0, 0]));
        }
    }

    private static void Products(CaseTally tally, ScalarType format)
    {
        foreach (var (rows, inner, columns) in ((long, long, long)[])[(3, 8, 1), (17, 33, 7), (64, 64, 32), (10, 768, 48)])
        {
            tally.Try("linear layer", Words($"{rows} rows, {inner} to {columns}"), format, [[rows, inner], [columns, inner]],
                x => functional.linear(x[0], x[1]));
            tally.Try("batched product", Words($"4 times [{rows}, {inner}] by [{inner}, {columns}]"), format, [[4, rows, inner], [4, inner, columns]],
                x => x[0].bmm(x[1]));
        }

        foreach (var (tokens, width) in ((long, long)[])[(17, 24), (64, 64)])
        {
            tally.Try("attention", Words($"{tokens} tokens of width {width}"), format, [.. Enumerable.Repeat<long[]>([2, 2, tokens, width], 3)],
                x => functional.scaled_dot_product_attention(x[0], x[1], x[2]));
        }
    }

    private static void Norms(CaseTally tally, ScalarType format)
    {
        foreach (var channels in (long[])[3, 24])
        {
            long[][] shape = [[2, channels, Side, Side]];
            var words = Words($"{channels} channels");
            tally.Try("instance norm", words, format, shape, x => functional.instance_norm(x[0]));
            tally.Try("batch norm", words, format, shape, x => BatchNorm(x[0]));
            tally.Try("group norm", words, format, shape, x => functional.group_norm(x[0], 3));
            tally.Try("layer norm", words, format, shape, x => functional.layer_norm(x[0], [Side]));
        }
    }

    private static Tensor BatchNorm(Tensor input)
    {
        using var mean = zeros(input.shape[1], dtype: input.dtype);
        using var variance = ones(input.shape[1], dtype: input.dtype);
        return functional.batch_norm(input, mean, variance, training: true);
    }

    private static void Resampling(CaseTally tally, ScalarType format)
    {
        foreach (var channels in (long[])[3, 24])
        {
            long[][] shape = [[2, channels, Side, Side]];
            foreach (var aligned in (bool[])[false, true])
            {
                tally.Try("bilinear up-sampling", Words($"{channels} channels, corners {(aligned ? "" : "not ")}aligned"), format, shape,
                    x => functional.interpolate(x[0], [2 * Side, 2 * Side], mode: InterpolationMode.Bilinear, align_corners: aligned));
            }

            tally.Try("maximum pooling", Words($"{channels} channels"), format, shape, x => functional.max_pool2d(x[0], 2));
        }
    }

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
