using System.Runtime.Intrinsics;

namespace PolyCL.Models.Fused;

/// <summary>The gradient of bilinear doubling: every deep pixel gathers from the up-sampled pixels that it went into.</summary>
internal sealed unsafe class DoublingGradient<T>(Image<T> doubled, Image<T> deep) : Job
    where T : unmanaged
{
    private readonly Strips strips = new(deep.Height, deep.Width);
    private readonly Doubling across = new(deep.Width);
    private readonly Doubling down = new(deep.Height);
    private int firstImage;
    private int images;

    public override int Tasks => images * strips.Count;

    internal void Run(int first, int count)
    {
        firstImage = first;
        images = count;
        WorkerTeam.Run(this);
    }

    public override void Execute(int task, Scratch scratch)
    {
        var (image, strip) = Math.DivRem(task, strips.Count);
        for (var row = Strips.First(strip); row < strips.End(strip); row++)
        {
            for (var block = 0; block < deep.Blocks; block++)
            {
                GatherRow(firstImage + image, row, block, scratch);
            }
        }
    }

    private void GatherRow(int image, int row, int block, Scratch scratch)
    {
        var column = scratch.Floats(ScratchUse.Doubling, (nint)doubled.Width * ConvTile.Lanes);
        var line = scratch.Floats(ScratchUse.Line, (nint)deep.Width * ConvTile.Lanes);
        new Span<float>(column, doubled.Width * ConvTile.Lanes).Clear();
        new Span<float>(line, deep.Width * ConvTile.Lanes).Clear();
        // Up-sampled row i lies near deep row i / 2; two rows to either side hold all that touch this one.
        for (var i = Math.Max(0, (2 * row) - 3); i <= Math.Min(doubled.Height - 1, (2 * row) + 4); i++)
        {
            var share = (down.First[i] == row ? 1 - down.Share[i] : 0) + (down.Second[i] == row ? down.Share[i] : 0);
            if (share != 0)
            {
                AddRow(doubled.Row(image, i, block), Vector256.Create(share), column);
            }
        }

        for (var pixel = 0; pixel < doubled.Width; pixel++)
        {
            var left = line + (across.First[pixel] * ConvTile.Lanes);
            var right = line + (across.Second[pixel] * ConvTile.Lanes);
            var (leftShare, rightShare) = (Vector256.Create(1 - across.Share[pixel]), Vector256.Create(across.Share[pixel]));
            var (v0, v1) = (Vector256.Load(column + (pixel * ConvTile.Lanes)), Vector256.Load(column + (pixel * ConvTile.Lanes) + 8));
            Vector256.FusedMultiplyAdd(leftShare, v0, Vector256.Load(left)).Store(left);
            Vector256.FusedMultiplyAdd(leftShare, v1, Vector256.Load(left + 8)).Store(left + 8);
            Vector256.FusedMultiplyAdd(rightShare, v0, Vector256.Load(right)).Store(right);
            Vector256.FusedMultiplyAdd(rightShare, v1, Vector256.Load(right + 8)).Store(right + 8);
        }

        PlainSink<T>.Store(deep, image, row, block, line);
    }

    private void AddRow(T* source, Vector256<float> share, float* column)
    {
        for (var end = column + ((nint)doubled.Width * ConvTile.Lanes); column < end; column += ConvTile.Lanes, source += doubled.Channels)
        {
            Vector256.FusedMultiplyAdd(share, Stored.Load(source), Vector256.Load(column)).Store(column);
            Vector256.FusedMultiplyAdd(share, Stored.Load(source + 8), Vector256.Load(column + 8)).Store(column + 8);
        }
    }
}
