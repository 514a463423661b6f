using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>Turns a grey slice into tokens, one for each 16×16 pixels, with their positions, and the body's maps for the decoder.</summary>
/// <remarks>In: [N, 1, S, S]. Out: maps of S/2, S/4 and S/8 pixels, and tokens [N, T, C].</remarks>
internal sealed class TokenEmbedding : Module<Tensor, Tensor[]>
{
    private readonly Parameter position_embeddings;
    private readonly HybridBody hybrid_model;
    private readonly Conv2d patch_embeddings;
    private readonly TransUNetOptions options;
    private readonly DropoutKey dropout;

    public TokenEmbedding(TransUNetOptions options, DropoutKey dropout) : base(nameof(TokenEmbedding))
    {
        this.options = options;
        this.dropout = dropout;
        hybrid_model = new HybridBody(options);
        patch_embeddings = Conv2d(16 * options.StemWidth, options.Hidden, kernel_size: 1);
        position_embeddings = new Parameter(zeros(1, options.Grid * options.Grid, options.Hidden));
        position_embeddings.DetachFromDisposeScope();
        RegisterComponents();
    }

    public override Tensor[] forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var maps = hybrid_model.call(input.repeat(1, 3, 1, 1));
        var tokens = patch_embeddings.Apply(maps[3], options.Precision).flatten(2).transpose(1, 2) + position_embeddings;   // [N, T, C]
        if (training && options.Dropout > 0)
        {
            tokens = dropout.Drop(tokens, options.Dropout, 0);
        }

        maps[3] = tokens;
        foreach (var map in maps)
        {
            map.MoveToOuterDisposeScope();
        }

        return maps;
    }
}
