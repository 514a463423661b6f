namespace PolyCL.Models.Fused;

/// <summary>The rows that a sweep has under its kernel: a few rows of a strip with the row above and the row below them.</summary>
internal unsafe ref struct RowRing
{
    private readonly RowSource source;
    private readonly Scratch scratch;
    private readonly int image;
    private readonly int height;
    private readonly int width;
    private readonly int firstBlock;
    private readonly int blocks;
    private readonly int unit;
    private readonly float** table;
    private readonly int capacity;
    private int lastCount;

    /// <summary>Prepares for a strip; no row is made yet.</summary>
    internal RowRing(RowSource source, Scratch scratch, int image, int height, int width, int firstBlock, int blocks, int rows)
    {
        this.source = source;
        this.scratch = scratch;
        this.image = image;
        this.height = height;
        this.width = width;
        this.firstBlock = firstBlock;
        this.blocks = blocks;
        unit = source.Unit;
        capacity = rows + 2;
        BlockStride = ((nint)width + 2) * unit;
        // A row starts at a multiple of 16 floats, so that its blocks lie on cache lines.
        var rowFloats = ((blocks * BlockStride) + 15) / 16 * 16;
        var memory = scratch.Floats(ScratchUse.Rows, capacity * rowFloats);
        table = scratch.Pointers(ScratchUse.RowTable, capacity);
        for (var i = 0; i < capacity; i++)
        {
            table[i] = memory + (i * rowFloats);
        }
    }

    /// <summary>Floats from one block to the next.</summary>
    internal nint BlockStride { get; }

    /// <summary>Row first − 1 + i of the last <see cref="Advance"/> at index i, from its left zero pixel on.</summary>
    internal readonly float** Rows => table;

    /// <summary>Makes rows first − 1 to first + count, keeping those that the last call left.</summary>
    internal void Advance(int first, int count, bool start)
    {
        var next = first - 1;
        if (!start)
        {
            // The last two rows of the group before are the first two of this one.
            Rotate(lastCount);
            next = first + 1;
        }

        for (; next <= first + count; next++)
        {
            Make(next, table[next - first + 1]);
        }

        lastCount = count;
    }

    private readonly void Rotate(int by)
    {
        float** old = stackalloc float*[capacity];
        for (var i = 0; i < capacity; i++)
        {
            old[i] = table[(i + by) % capacity];
        }

        for (var i = 0; i < capacity; i++)
        {
            table[i] = old[i];
        }
    }

    private readonly void Make(int row, float* destination)
    {
        if (row < 0 || row >= height)
        {
            new Span<float>(destination, (int)(blocks * BlockStride)).Clear();
            return;
        }

        for (var block = 0; block < blocks; block++)
        {
            new Span<float>(destination + (block * BlockStride), unit).Clear();
            new Span<float>(destination + (block * BlockStride) + (((nint)width + 1) * unit), unit).Clear();
        }

        source.Produce(image, row, firstBlock, blocks, destination + unit, BlockStride, scratch);
    }
}
