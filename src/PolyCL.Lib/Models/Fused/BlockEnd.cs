using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary>The last norm, Leaky ReLU and dropout of a double block, and the 2×2 max-pool after it where there is one.</summary>
internal sealed unsafe class BlockEnd<T>(Image<T> outputs, float* mean, float* rate, float slope, Dropping dropping)
    where T : unmanaged
{
    private readonly Image<T> outputs = outputs;
    private readonly float* mean = mean;
    private readonly float* rate = rate;
    private readonly float slope = slope;
    private readonly Dropping dropping = dropping;

    /// <summary>Writes the block's output and, where it is not null, the pooled output.</summary>
    internal void Forward(int first, int count, Image<T> values, Image<T> pooled) => WorkerTeam.Run(new ForwardJob(this, first, count, values, pooled));

    /// <summary>Writes the gradient before dropout and Leaky ReLU, and its sums for the norm; either incoming gradient may be null.</summary>
    internal void Backward(int first, int count, Image<T> ofValues, Image<T> ofPooled, Image<T> gradients, StripSums means)
        => WorkerTeam.Run(new BackwardJob(this, first, count, ofValues, ofPooled, gradients, means));

    private uint Index(int image, int row, int block)
        => (uint)(((((long)image * outputs.Height) + row) * outputs.Width * outputs.Channels) + (block * ConvTile.Lanes));

    private sealed class ForwardJob(BlockEnd<T> owner, int first, int count, Image<T> values, Image<T> pooled) : Job
    {
        private readonly Strips strips = new(owner.outputs.Height, owner.outputs.Width);

        public override int Tasks => count * strips.Count;

        public override void Execute(int task, Scratch scratch)
        {
            var (image, strip) = Math.DivRem(task, strips.Count);
            for (var row = Strips.First(strip); row < strips.End(strip); row += 2)
            {
                for (var block = 0; block < owner.outputs.Blocks; block++)
                {
                    RowPair(first + image, row, block, 0);
                    RowPair(first + image, row, block, 8);
                }
            }
        }

        private void RowPair(int image, int row, int block, int half)
        {
            var (channels, width) = (owner.outputs.Channels, owner.outputs.Width);
            var channel = ((long)image * channels) + (block * ConvTile.Lanes) + half;
            var (mean, rate, slope) = (Vector256.Load(owner.mean + channel), Vector256.Load(owner.rate + channel), Vector256.Create(owner.slope));
            var dropping = owner.dropping;
            var upper = owner.outputs.Row(image, row, block) + half;
            var lower = owner.outputs.Row(image, row + 1, block) + half;
            var upperTarget = values.Row(image, row, block) + half;
            var lowerTarget = values.Row(image, row + 1, block) + half;
            var (upperIndex, lowerIndex) = (owner.Index(image, row, block) + (uint)half, owner.Index(image, row + 1, block) + (uint)half);
            var pool = pooled.Data == null ? null : pooled.Row(image, row / 2, block) + half;
            for (var at = 0; at < width * channels; at += 2 * channels)
            {
                var a = Value(Stored.Load(upper + at), mean, rate, slope, dropping, upperIndex + (uint)at);
                var b = Value(Stored.Load(upper + at + channels), mean, rate, slope, dropping, upperIndex + (uint)(at + channels));
                var c = Value(Stored.Load(lower + at), mean, rate, slope, dropping, lowerIndex + (uint)at);
                var d = Value(Stored.Load(lower + at + channels), mean, rate, slope, dropping, lowerIndex + (uint)(at + channels));
                Stored.Store(a, upperTarget + at);
                Stored.Store(b, upperTarget + at + channels);
                Stored.Store(c, lowerTarget + at);
                Stored.Store(d, lowerTarget + at + channels);
                if (pool != null)
                {
                    Stored.Store(Vector256.Max(Vector256.Max(a, b), Vector256.Max(c, d)), pool + (at / 2));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Value(
            Vector256<float> output, Vector256<float> mean, Vector256<float> rate, Vector256<float> slope, in Dropping dropping, uint index)
        {
            var normal = (output - mean) * rate;
            return normal * dropping.Factor(normal, slope, index);
        }
    }

    private sealed class BackwardJob(
        BlockEnd<T> owner, int first, int count, Image<T> ofValues, Image<T> ofPooled, Image<T> gradients, StripSums means) : Job
    {
        private readonly Strips strips = new(owner.outputs.Height, owner.outputs.Width);

        public override int Tasks => count * strips.Count;

        public override void Execute(int task, Scratch scratch)
        {
            var (image, strip) = Math.DivRem(task, strips.Count);
            image += first;
            var sums = (double*)scratch.Floats(ScratchUse.Sums, 32);
            for (var part = 0; part < 2 * owner.outputs.Blocks; part++)
            {
                var channel = part * 8;
                new Span<double>(sums, 16).Clear();
                for (var row = Strips.First(strip); row < strips.End(strip); row += 2)
                {
                    RowPair(image, row, channel, sums);
                }

                for (var lane = 0; lane < 8; lane++)
                {
                    means.Set(image, strip, channel + lane, sums[lane], sums[lane + 8]);
                }
            }
        }

        private void RowPair(int image, int row, int channel, double* sums)
        {
            var (channels, width) = (owner.outputs.Channels, owner.outputs.Width);
            var at = ((long)image * channels) + channel;
            var (mean, rate, slope) = (Vector256.Load(owner.mean + at), Vector256.Load(owner.rate + at), Vector256.Create(owner.slope));
            var dropping = owner.dropping;
            var upper = owner.outputs.Row(image, row) + channel;
            var lower = owner.outputs.Row(image, row + 1) + channel;
            var upperTarget = gradients.Row(image, row) + channel;
            var lowerTarget = gradients.Row(image, row + 1) + channel;
            var (upperIndex, lowerIndex) = (owner.Index(image, row, 0) + (uint)channel, owner.Index(image, row + 1, 0) + (uint)channel);
            var upperGradient = ofValues.Data == null ? null : ofValues.Row(image, row) + channel;
            var lowerGradient = ofValues.Data == null ? null : ofValues.Row(image, row + 1) + channel;
            var pool = ofPooled.Data == null ? null : ofPooled.Row(image, row / 2) + channel;
            Vector256<float> total = default, product = default;
            for (var offset = 0; offset < width * channels; offset += 2 * channels)
            {
                var next = offset + channels;
                var a = (Stored.Load(upper + offset) - mean) * rate;
                var b = (Stored.Load(upper + next) - mean) * rate;
                var c = (Stored.Load(lower + offset) - mean) * rate;
                var d = (Stored.Load(lower + next) - mean) * rate;
                var fa = dropping.Factor(a, slope, upperIndex + (uint)offset);
                var fb = dropping.Factor(b, slope, upperIndex + (uint)next);
                var fc = dropping.Factor(c, slope, lowerIndex + (uint)offset);
                var fd = dropping.Factor(d, slope, lowerIndex + (uint)next);
                Vector256<float> ga = default, gb = default, gc = default, gd = default;
                if (upperGradient != null)
                {
                    ga = Stored.Load(upperGradient + offset);
                    gb = Stored.Load(upperGradient + next);
                    gc = Stored.Load(lowerGradient + offset);
                    gd = Stored.Load(lowerGradient + next);
                }

                if (pool != null)
                {
                    // The first largest of the four gets the gradient, as in torch.
                    var gradient = Stored.Load(pool + (offset / 2));
                    var (va, vb, vc, vd) = (a * fa, b * fb, c * fc, d * fd);
                    var second = Vector256.GreaterThan(vb, va);
                    var largest = Vector256.ConditionalSelect(second, vb, va);
                    var third = Vector256.GreaterThan(vc, largest);
                    largest = Vector256.ConditionalSelect(third, vc, largest);
                    var fourth = Vector256.GreaterThan(vd, largest);
                    gd += gradient & fourth;
                    gc += gradient & Vector256.AndNot(third, fourth);
                    gb += gradient & Vector256.AndNot(second, third | fourth);
                    ga += Vector256.AndNot(gradient, second | third | fourth);
                }

                ga = Stored.Round<T>(ga * fa);
                gb = Stored.Round<T>(gb * fb);
                gc = Stored.Round<T>(gc * fc);
                gd = Stored.Round<T>(gd * fd);
                Stored.Store(ga, upperTarget + offset);
                Stored.Store(gb, upperTarget + next);
                Stored.Store(gc, lowerTarget + offset);
                Stored.Store(gd, lowerTarget + next);
                total += ga + gb + (gc + gd);
                product = Vector256.FusedMultiplyAdd(ga, a, product);
                product = Vector256.FusedMultiplyAdd(gb, b, product);
                product = Vector256.FusedMultiplyAdd(gc, c, product);
                product = Vector256.FusedMultiplyAdd(gd, d, product);
            }

            for (var lane = 0; lane < 8; lane++)
            {
                sums[lane] += total.GetElement(lane);
                sums[lane + 8] += product.GetElement(lane);
            }
        }
    }
}
