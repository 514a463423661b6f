using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace PolyCL.Models.Fused;

/// <summary>The 1×1 convolution to one logit per pixel as one step of autograd.</summary>
internal sealed class HeadFunction : SingleTensorFunction<HeadFunction>
{
    /// <inheritdoc/>
    public override string Name => nameof(HeadFunction);

    /// <summary>True when the fused kernel can compute it; all else is left to torch, which throws where the shapes disagree.</summary>
    internal static bool Fits(Tensor maps, Tensor weight)
        => Stored.IsSupported && TensorPool.IsSupported && maps.device_type == DeviceType.CPU && maps.dtype is ScalarType.Float32 or ScalarType.BFloat16
            && maps.dim() == 4 && maps.numel() > 0 && maps.shape[1] % ConvTile.Lanes == 0
            && weight.device_type == DeviceType.CPU && weight.dtype == ScalarType.Float32 && weight.shape.AsSpan().SequenceEqual([1, maps.shape[1], 1, 1]);

    /// <summary>Logits, float32 [N, 1, H, W].</summary>
    /// <param name="maps">[N, C, H, W].</param>
    /// <param name="weight">[1, C, 1, 1].</param>
    /// <param name="bias">[1].</param>
    internal static Tensor Call(Tensor maps, Tensor weight, Tensor bias) => apply(maps, weight, bias);

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (maps, weight, bias) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        ctx.save_for_backward([maps, weight]);
        using var inner = Maps.Inner(maps);
        var shape = inner.shape;
        var logits = TensorPool.Rent(ScalarType.Float32, shape[0], 1, shape[1], shape[2]);
        var constant = bias.ToSingle();
        WorkerTeam.Run(maps.dtype == ScalarType.Float32
            ? new ForwardJob<float>(inner, weight, constant, logits)
            : new ForwardJob<ushort>(inner, weight, constant, logits));
        return logits;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        GradientHandles.Release();
        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var inner = Maps.Inner(saved[0]);
        var gradient = grad_output.contiguous();
        var ofMaps = Maps.RentLike(inner, inner.dtype);
        var channels = (int)inner.shape[3];
        var images = (int)inner.shape[0];
        var sums = new double[images * (channels + 1)];
        WorkerTeam.Run(inner.dtype == ScalarType.Float32
            ? new BackwardJob<float>(inner, saved[1], gradient, ofMaps, sums)
            : new BackwardJob<ushort>(inner, saved[1], gradient, ofMaps, sums));
        var totals = new float[channels + 1];
        for (var channel = 0; channel <= channels; channel++)
        {
            totals[channel] = (float)Enumerable.Range(0, images).Sum(image => sums[(image * (channels + 1)) + channel]);
        }

        var ofWeight = tensor(totals.AsSpan(0, channels).ToArray()).reshape(saved[1].shape);
        var ofBias = tensor([totals[channels]]);
        grad_output.Dispose();
        return GradientHandles.Keep([Maps.Outer(ofMaps), ofWeight, ofBias]);
    }

    private sealed unsafe class ForwardJob<T>(Tensor inner, Tensor weight, float bias, Tensor logits) : Job
        where T : unmanaged
    {
        private readonly T* maps = TensorPool.Pointer<T>(inner);
        private readonly float* weights = TensorPool.Pointer<float>(weight);
        private readonly float* target = TensorPool.Pointer<float>(logits);
        private readonly int channels = (int)inner.shape[3];
        private readonly long rowPixels = inner.shape[2];

        public override int Tasks { get; } = (int)(inner.shape[0] * inner.shape[1]);

        public override void Execute(int task, Scratch scratch)
        {
            var first = task * rowPixels;
            var at = maps + (first * channels);
            for (var pixel = first; pixel < first + rowPixels; pixel++)
            {
                var sum = Vector256<float>.Zero;
                for (var channel = 0; channel < channels; channel += 8, at += 8)
                {
                    sum = Vector256.FusedMultiplyAdd(Stored.Load(at), Vector256.Load(weights + channel), sum);
                }

                target[pixel] = Vector256.Sum(sum) + bias;
            }
        }
    }

    private sealed unsafe class BackwardJob<T>(Tensor inner, Tensor weight, Tensor gradient, Tensor ofMaps, double[] sums) : Job
        where T : unmanaged
    {
        private readonly T* maps = TensorPool.Pointer<T>(inner);
        private readonly T* target = TensorPool.Pointer<T>(ofMaps);
        private readonly float* weights = TensorPool.Pointer<float>(weight);
        private readonly float* gradients = TensorPool.Pointer<float>(gradient);
        private readonly int channels = (int)inner.shape[3];
        private readonly long pixels = inner.shape[1] * inner.shape[2];
        private readonly long rowPixels = inner.shape[2];

        public override int Tasks { get; } = (int)inner.shape[0];

        public override void Execute(int task, Scratch scratch)
        {
            var total = sums.AsSpan(task * (channels + 1), channels + 1);
            for (var row = task * pixels; row < (task + 1) * pixels; row += rowPixels)
            {
                var last = 0f;
                for (var pixel = row; pixel < row + rowPixels; pixel++)
                {
                    last += gradients[pixel];
                }

                total[channels] += last;
                for (var channel = 0; channel < channels; channel += 8)
                {
                    Row(row, channel, total);
                }
            }
        }

        private void Row(long row, int channel, Span<double> total)
        {
            var weight = Vector256.Load(weights + channel);
            var sum = Vector256<float>.Zero;
            var source = maps + (row * channels) + channel;
            var destination = target + (row * channels) + channel;
            for (var pixel = row; pixel < row + rowPixels; pixel++, source += channels, destination += channels)
            {
                var gradient = Vector256.Create(gradients[pixel]);
                Stored.Store(gradient * weight, destination);
                sum = Vector256.FusedMultiplyAdd(gradient, Stored.Load(source), sum);
            }

            for (var lane = 0; lane < 8; lane++)
            {
                total[channel + lane] += sum.GetElement(lane);
            }
        }
    }
}
