using PolyCL.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace PolyCL.Models;

/// <summary>ResNet-18 for grey slices: a 7×7 stem, a max-pool and four stages of two basic blocks.</summary>
/// <remarks>
/// In: float [N, 1, H, W], H and W divisible by 32. Out: five feature maps, [N, 32, H/2, W/2] … [N, 512, H/32, W/32]. Names as in torchvision;
/// the class head <c>fc</c> is kept for the authors' checkpoint's sake. Source: authors' code, torchvision's ResNet.
/// </remarks>
public sealed class ResUNetEncoder : Encoder
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly ModuleList<BasicBlock> layer1;
    private readonly ModuleList<BasicBlock> layer2;
    private readonly ModuleList<BasicBlock> layer3;
    private readonly ModuleList<BasicBlock> layer4;
    private readonly ModuleList<Linear> fc;
    private readonly ResUNetOptions options;

    /// <summary>Creates the encoder with Kaiming-normal convolutions (fan-out, ReLU) and batch norms of 1 and 0.</summary>
    public ResUNetEncoder(ResUNetOptions? options = null) : base(nameof(ResUNetEncoder))
    {
        this.options = options ?? new ResUNetOptions();
        var w = this.options.Widths;
        conv1 = Conv2d(1, w[0], kernel_size: 7, stride: 2, padding: 3, bias: false);
        bn1 = BatchNorm2d(w[0]);
        layer1 = Stage(w[0], w[1], 1);
        layer2 = Stage(w[1], w[2], 2);
        layer3 = Stage(w[2], w[3], 2);
        layer4 = Stage(w[3], w[4], 2);
        fc = ModuleList(Linear(w[4], 1));
        RegisterComponents();
        foreach (var layer in modules().OfType<Conv2d>())
        {
            init.kaiming_normal_(layer.weight, 0, init.FanInOut.FanOut, init.NonlinearityType.ReLU);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Channels => options.Widths;

    /// <inheritdoc/>
    public override bool SigmoidEmbedding => options.SigmoidEmbedding;

    internal override IReadOnlyList<string> OwnHeads => [nameof(fc)];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input is not [N, 1, H, W] with H and W divisible by 32.</exception>
    public override Tensor[] forward(Tensor input)
    {
        ImageInput.Check(input, options);
        Dropout.NextPass();
        using var scope = NewDisposeScope();
        var r1 = functional.relu(bn1.Apply(conv1.Apply(input, options.Precision)));      // [N, 32, H/2, W/2]
        var r2 = Run(layer1, functional.max_pool2d(r1, 3, 2, 1));                        // [N, 64, H/4, W/4]
        var r3 = Run(layer2, r2);
        var r4 = Run(layer3, r3);
        var r5 = Run(layer4, r4);                                                        // [N, 512, H/32, W/32]
        return Given(r1, r2, r3, r4, r5);
    }

    /// <summary>Averages the deepest features.</summary>
    /// <returns>[N, 512].</returns>
    public override Tensor Pool(IReadOnlyList<Tensor> features) => features[^1].mean([2, 3]);

    /// <summary>The authors' slice-class output, sigmoid of a linear unit on the pooled features; no loss uses it.</summary>
    /// <returns>[N, 1], in (0, 1).</returns>
    public Tensor ClassOutput(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        return sigmoid(fc[0].call(Pool(features))).MoveToOuterDisposeScope();
    }

    private static Tensor Run(ModuleList<BasicBlock> stage, Tensor x) => stage.Aggregate(x, (features, block) => block.call(features));

    private ModuleList<BasicBlock> Stage(int inChannels, int outChannels, int stride) =>
        ModuleList(new BasicBlock(inChannels, outChannels, stride, options.Precision), new BasicBlock(outChannels, outChannels, 1, options.Precision));
}
