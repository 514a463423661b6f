namespace PolyCL.Models.Fused;

/// <summary>A 3×3 convolution with padding 1 over some images: rows from a source, through the weights, to a sink.</summary>
/// <remarks>A task is one strip of one image and a few blocks of output channels. The gradient to the input is the same sweep with turned weights.</remarks>
internal sealed unsafe class ConvSweep(RowSource source, RowSink sink, float* weights, int height, int width, int inBlocks, int outBlocks) : Job
{
    // A task is cut across the output channels where there are many, so that a short batch of deep maps still makes work for many cores.
    private const int BlocksOfTask = 4;
    private const int CacheFloats = 48 * 1024;
    private readonly Strips strips = new(height, width);
    private readonly int outGroups = (outBlocks + BlocksOfTask - 1) / BlocksOfTask;
    private int firstImage;
    private int images;

    public override int Tasks => images * strips.Count * outGroups;

    /// <summary>Whether the 512-bit kernel is used; both give the same bits.</summary>
    internal bool Wide { get; init; } = WideTile.IsSupported;

    internal void Run(int first, int count)
    {
        firstImage = first;
        images = count;
        WorkerTeam.Run(this);
    }

    public override void Execute(int task, Scratch scratch)
    {
        var (unit, group) = Math.DivRem(task, outGroups);
        var (image, strip) = Math.DivRem(unit, strips.Count);
        image += firstImage;
        var firstBlock = group * BlocksOfTask;
        var lastBlock = Math.Min(outBlocks, firstBlock + BlocksOfTask);
        var (first, end) = (Strips.First(strip), strips.End(strip));
        var rowFloats = inBlocks * (width + 2) * source.Unit;
        var rows = Math.Clamp((CacheFloats / rowFloats) - 2, 1, end - first);
        var ring = new RowRing(source, scratch, image, height, width, 0, inBlocks, rows);
        var line = scratch.Floats(ScratchUse.Line, (nint)width * ConvTile.Lanes);
        var sums = (double*)scratch.Floats(ScratchUse.Sums, 2 * sink.SumsPerBlock * BlocksOfTask);
        var blockWeights = (nint)inBlocks * ConvTile.WeightsPerBlock(source.Unit);
        for (var row = first; row < end; row += rows)
        {
            var count = Math.Min(rows, end - row);
            ring.Advance(row, count, row == first);
            for (var block = firstBlock; block < lastBlock; block++)
            {
                for (var i = 0; i < count; i++)
                {
                    ConvTile.Row(source.Unit, ring.Rows + i, ring.BlockStride, inBlocks, weights + (block * blockWeights), line, width, Wide);
                    sink.Take(image, row + i, block, line, sums + ((block - firstBlock) * sink.SumsPerBlock), row + i == first);
                }
            }
        }

        for (var block = firstBlock; block < lastBlock; block++)
        {
            sink.EndStrip(image, strip, block, sums + ((block - firstBlock) * sink.SumsPerBlock));
        }
    }
}
