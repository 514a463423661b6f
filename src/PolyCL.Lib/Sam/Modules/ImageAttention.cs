using PolyCL.Core;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Sam.Modules;

/// <summary>Multi-head self-attention of a square of patches with learned relative positions of rows and columns.</summary>
/// <remarks>
/// In and out: [N, n, n, C]. The scores of a few rows of queries are made at a time: those of a whole image of 64×64 patches and 12 heads would take 0.8 GB.
/// The relative positions look at the unscaled query. Source: segment-anything (Apache-2.0).
/// </remarks>
internal sealed class ImageAttention : Module<Tensor, Tensor>
{
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly Parameter rel_pos_h;
    private readonly Parameter rel_pos_w;
    private readonly int heads;
    private readonly int side;

    /// <param name="width">Width of a token.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="side">Patches along one side of the square, n.</param>
    public ImageAttention(int width, int heads, int side) : base(nameof(ImageAttention))
    {
        this.heads = heads;
        this.side = side;
        qkv = Linear(width, 3 * width);
        proj = Linear(width, width);
        rel_pos_h = new Parameter(zeros((2 * side) - 1, width / heads));
        rel_pos_w = new Parameter(zeros((2 * side) - 1, width / heads));
        rel_pos_h.DetachFromDisposeScope();
        rel_pos_w.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Rows of queries whose scores are made at a time; 0 for all. Changes memory and speed, not what is computed.</summary>
    internal int ChunkRows { get; set => field = Check.NotNegative(value, nameof(ChunkRows)); }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var n = input.shape[0];
        var parts = qkv.call(input).view(n, side * side, 3, heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2);   // [3, N · heads, n², d]
        var (queries, keys, values) = (parts[0], parts[1].transpose(1, 2), parts[2]);
        var (rows, columns) = (Offsets(rel_pos_h), Offsets(rel_pos_w));
        var chunk = ChunkRows == 0 ? side : Math.Min(ChunkRows, side);
        List<Tensor> mixed = [];
        for (var row = 0; row < side; row += chunk)
        {
            var count = Math.Min(chunk, side - row);
            mixed.Add(Attend(queries.narrow(1, row * side, count * side), keys, values, rows.narrow(0, row, count), columns));
        }

        var merged = mixed is [var whole] ? whole : cat(mixed, dim: 1);
        return proj.call(merged.view(n, heads, side, side, -1).permute(0, 2, 3, 1, 4).flatten(3)).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of some rows of queries [N · heads, r · n, d] to all keys [N · heads, d, n²].</summary>
    private Tensor Attend(Tensor queries, Tensor keys, Tensor values, Tensor rows, Tensor columns)
    {
        using var scope = NewDisposeScope();
        var square = queries.unflatten(1, -1, side);                                                       // [N · heads, r, n, d]
        var scale = 1 / Math.Sqrt(queries.shape[2]);
        var scores = (queries * scale).bmm(keys).view(queries.shape[0], rows.shape[0], side, side, side);
        scores.add_(einsum("bhwc,hkc->bhwk", square, rows).unsqueeze(-1));
        scores.add_(einsum("bhwc,wkc->bhwk", square, columns).unsqueeze(-2));
        return scores.flatten(3).flatten(1, 2).softmax(-1).bmm(values).MoveToOuterDisposeScope();         // [N · heads, r · n, d]
    }

    /// <summary>The learned vector of each pair of query and key index [n, n, d], by their difference.</summary>
    private Tensor Offsets(Tensor learned)
    {
        using var scope = NewDisposeScope();
        var index = arange(side, device: learned.device);
        var difference = index.unsqueeze(1) - index.unsqueeze(0) + (side - 1.0);
        return learned.index_select(0, difference.flatten().to_type(ScalarType.Int64)).unflatten(0, side, side).MoveToOuterDisposeScope();
    }
}
