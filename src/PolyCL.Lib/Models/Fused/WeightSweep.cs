using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>The gradient of a 3×3 convolution's weights: input rows against gradient rows.</summary>
/// <remarks>
/// A task owns a part of the weights and a share of the strips ("slot") and walks its strips in order; the slots are added up in order.
/// So the sums do not depend on the number of threads, nor on how many images one run takes.
/// </remarks>
internal sealed unsafe class WeightSweep : Job, IDisposable
{
    private const int BlocksOfTask = 4;
    private const int WantedTasks = 32;
    private const int PixelsOfGroup = 256;
    private readonly int height;
    private readonly int width;
    private readonly int inBlocks;
    private readonly int outBlocks;
    private readonly int inGroups;
    private readonly int outGroups;
    private readonly int slots;
    private readonly Strips strips;
    private RowSource inputs = null!;
    private RowSource gradients = null!;
    private Tensor? memory;
    private float* sums;
    private int firstImage;
    private int images;

    internal WeightSweep(int allImages, int height, int width, int inBlocks, int outBlocks)
    {
        this.height = height;
        this.width = width;
        this.inBlocks = inBlocks;
        this.outBlocks = outBlocks;
        strips = new Strips(height, width);
        inGroups = (inBlocks + BlocksOfTask - 1) / BlocksOfTask;
        outGroups = (outBlocks + BlocksOfTask - 1) / BlocksOfTask;
        slots = Math.Clamp(WantedTasks / (inGroups * outGroups), 1, allImages * strips.Count);
    }

    public override int Tasks => slots * inGroups * outGroups;

    /// <summary>Whether the 512-bit kernel is used; both give the same bits.</summary>
    internal bool Wide { get; init; } = WideTile.IsSupported;

    private nint BlockFloats => ConvTile.WeightsPerBlock(inputs.Unit);

    private nint SlotFloats => inBlocks * outBlocks * BlockFloats;

    public void Dispose() => memory?.Dispose();

    /// <summary>Adds what some images contribute.</summary>
    internal void Run(RowSource inputRows, RowSource gradientRows, int first, int count)
    {
        inputs = inputRows;
        gradients = gradientRows;
        firstImage = first;
        images = count;
        if (memory is null)
        {
            memory = TensorPool.Rent(ScalarType.Float32, slots * SlotFloats);
            sums = TensorPool.Pointer<float>(memory);
            NativeMemory.Clear(sums, (nuint)(slots * SlotFloats * sizeof(float)));
        }

        WorkerTeam.Run(this);
    }

    public override void Execute(int task, Scratch scratch)
    {
        var (slot, part) = Math.DivRem(task, inGroups * outGroups);
        var (outGroup, inGroup) = Math.DivRem(part, inGroups);
        var end = (firstImage + images) * strips.Count;
        var unit = firstImage * strips.Count;
        unit += (slot - (unit % slots) + slots) % slots;
        for (; unit < end; unit += slots)
        {
            var (image, strip) = Math.DivRem(unit, strips.Count);
            Add(image, strip, inGroup * BlocksOfTask, outGroup * BlocksOfTask, sums + (slot * SlotFloats), scratch);
        }
    }

    /// <summary>Adds the slots up into a weight's gradient.</summary>
    /// <param name="gradient">[outChannels, inChannels, 3, 3].</param>
    internal void Finish(float* gradient) => WorkerTeam.Run(new Gather(this, gradient));

    private void Add(int image, int strip, int firstIn, int firstOut, float* target, Scratch scratch)
    {
        var (ins, outs) = (Math.Min(BlocksOfTask, inBlocks - firstIn), Math.Min(BlocksOfTask, outBlocks - firstOut));
        var (first, end) = (Strips.First(strip), strips.End(strip));
        var rows = Math.Clamp(PixelsOfGroup / width, 1, end - first);
        var ring = new RowRing(inputs, scratch, image, height, width, firstIn, ins, rows);
        var rowFloats = (nint)width * ConvTile.Lanes;
        var gradient = scratch.Floats(ScratchUse.Gradient, outs * rows * rowFloats);
        for (var row = first; row < end; row += rows)
        {
            var count = Math.Min(rows, end - row);
            ring.Advance(row, count, row == first);
            for (var i = 0; i < count; i++)
            {
                gradients.Produce(image, row + i, firstOut, outs, gradient + (i * rowFloats), rows * rowFloats, scratch);
            }

            for (var o = 0; o < outs; o++)
            {
                for (var i = 0; i < ins; i++)
                {
                    var block = target + ((((firstOut + o) * inBlocks) + firstIn + i) * BlockFloats);
                    AddBlock(ring, i, gradient + (o * rows * rowFloats), count, block);
                }
            }
        }
    }

    private void AddBlock(RowRing ring, int inBlock, float* gradient, int count, float* block)
    {
        for (var ky = 0; ky < 3; ky++)
        {
            if (inputs.Unit == 1)
            {
                WeightTile.Three(ring.Rows + ky, gradient, count, width, block + (ky * 3 * ConvTile.Lanes));
                continue;
            }

            for (var run = 0; run < 3 * ConvTile.Lanes; run += Wide ? 12 : 6)
            {
                var offset = (inBlock * ring.BlockStride) + run;
                var target = block + (((ky * 3 * ConvTile.Lanes) + run) * ConvTile.Lanes);
                if (Wide)
                {
                    WideTile.TwelveWeights(ring.Rows + ky, offset, gradient, count, width, target);
                }
                else
                {
                    WeightTile.Six(ring.Rows + ky, offset, gradient, count, width, target);
                }
            }
        }
    }

    private sealed class Gather(WeightSweep sweep, float* gradient) : Job
    {
        public override int Tasks => sweep.inBlocks * sweep.outBlocks;

        public override void Execute(int task, Scratch scratch)
        {
            var unit = sweep.inputs.Unit;
            var floats = (int)sweep.BlockFloats;
            var (outBlock, inBlock) = Math.DivRem(task, sweep.inBlocks);
            var total = sweep.sums + (task * sweep.BlockFloats);
            for (var slot = 1; slot < sweep.slots; slot++)
            {
                var share = total + (slot * sweep.SlotFloats);
                for (var i = 0; i < floats; i += 8)
                {
                    (Vector256.Load(total + i) + Vector256.Load(share + i)).Store(total + i);
                }
            }

            WeightLayout.Unpack(new ReadOnlySpan<float>(total, floats), gradient, outBlock, inBlock, sweep.inBlocks * unit, unit);
        }
    }
}
