using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>Multi-head self-attention over tokens.</summary>
/// <remarks>In and out: [N, T, C].</remarks>
internal sealed class SelfAttention : Module<Tensor, Tensor>
{
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear @out;
    private readonly int heads;
    private readonly ComputePrecision precision;

    public SelfAttention(int hidden, int heads, ComputePrecision precision) : base(nameof(SelfAttention))
    {
        this.heads = heads;
        this.precision = precision;
        query = Linear(hidden, hidden);
        key = Linear(hidden, hidden);
        value = Linear(hidden, hidden);
        @out = Linear(hidden, hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (n, t, c) = (input.shape[0], input.shape[1], input.shape[2]);
        var scale = Math.Sqrt((double)c / heads);
        var weights = functional.softmax(Product(Split(query), Split(key).transpose(1, 2)) / scale, dim: -1);   // [N · heads, T, T]
        var mixed = Product(weights, Split(value)).reshape(n, heads, t, c / heads).transpose(1, 2).reshape(n, t, c);
        return @out.Apply(mixed, precision).MoveToOuterDisposeScope();

        Tensor Split(Linear layer) =>
            layer.Apply(input, precision).reshape(n, t, heads, c / heads).transpose(1, 2).reshape(n * heads, t, c / heads);
    }

    private Tensor Product(Tensor a, Tensor b) => precision == ComputePrecision.Full
        ? a.bmm(b)
        : LayerCalls.Widen(LayerCalls.Narrow(a).bmm(LayerCalls.Narrow(b)));
}
