using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models.Layers;

/// <summary>TransUNet's convolutional body, ResNet-v2 with standardised weights and group norm.</summary>
/// <remarks>In: [N, 3, S, S]. Out: maps of S/2, S/4, S/8 and S/16 pixels with 1, 4, 8 and 16 times the stem's channels.</remarks>
internal sealed class HybridBody : Module<Tensor, Tensor[]>
{
    private readonly Root root;
    private readonly Blocks body;

    public HybridBody(TransUNetOptions options) : base(nameof(HybridBody))
    {
        root = new Root(options);
        body = new Blocks(options);
        RegisterComponents();
    }

    public override Tensor[] forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var stem = root.call(input);                                     // [N, w, S/2, S/2]
        var quarter = body.First(functional.max_pool2d(stem, 3, 2));     // one pixel short of S/4: the pool has no padding
        var eighth = body.Second(quarter);
        var sixteenth = body.Third(eighth);
        Tensor[] maps = [stem, functional.pad(quarter, (0, 1, 0, 1)), eighth, sixteenth];
        foreach (var map in maps)
        {
            map.MoveToOuterDisposeScope();
        }

        return maps;
    }

    /// <summary>The stem: a 7×7 standardised convolution, group norm, ReLU.</summary>
    private sealed class Root : Module<Tensor, Tensor>
    {
        private readonly StandardisedConv conv;
        private readonly GroupNorm gn;

        public Root(TransUNetOptions options) : base(nameof(Root))
        {
            conv = new StandardisedConv(3, options.StemWidth, 7, 2, options.Precision);
            gn = NormLayers.Group(BottleneckUnit.Groups, options.StemWidth, BottleneckUnit.Epsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return functional.relu(gn.call(conv.call(input))).MoveToOuterDisposeScope();
        }
    }

    /// <summary>The three blocks; the second and third halve the map.</summary>
    private sealed class Blocks : Module<Tensor, Tensor>
    {
        private readonly Block block1;
        private readonly Block block2;
        private readonly Block block3;

        public Blocks(TransUNetOptions options) : base(nameof(Blocks))
        {
            var w = options.StemWidth;
            block1 = new Block(w, 4 * w, options.Units[0], 1, options.Precision);
            block2 = new Block(4 * w, 8 * w, options.Units[1], 2, options.Precision);
            block3 = new Block(8 * w, 16 * w, options.Units[2], 2, options.Precision);
            RegisterComponents();
        }

        public Tensor First(Tensor x) => block1.call(x);

        public Tensor Second(Tensor x) => block2.call(x);

        public Tensor Third(Tensor x) => block3.call(x);

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return Third(Second(First(input))).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Units one after another, called unit1, unit2 and so on.</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly BottleneckUnit[] units;

        public Block(int inChannels, int outChannels, int count, int stride, ComputePrecision precision) : base(nameof(Block))
        {
            units = new BottleneckUnit[count];
            for (var i = 0; i < count; i++)
            {
                units[i] = new BottleneckUnit(i == 0 ? inChannels : outChannels, outChannels, i == 0 ? stride : 1, precision);
                register_module($"unit{i + 1}", units[i]);
            }
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return units.Aggregate(input, (x, unit) => unit.call(x)).MoveToOuterDisposeScope();
        }
    }
}
