using static TorchSharp.torch;

namespace PolyCL.Models.Fused;

/// <summary>What a double block's forward leaves: the outputs, and what its backward needs.</summary>
/// <param name="Values">[N, C, H, W], strides of channels-last, like all maps here.</param>
/// <param name="Pooled">[N, C, H/2, W/2], or null.</param>
/// <param name="Output1">First convolution before its norm.</param>
/// <param name="Output2">Second convolution before its norm.</param>
/// <param name="Moments">[4, N, C]: mean and 1 / deviation of the first, of the second.</param>
internal sealed record BlockOutputs(Tensor Values, Tensor? Pooled, Tensor Output1, Tensor Output2, Tensor Moments);

/// <summary>The double block over float32 maps, or over bfloat16 maps held as <see cref="ushort"/>.</summary>
internal sealed unsafe class BlockKernel<T>
    where T : unmanaged
{
    private const int ChunkBytes = 4 << 20;
    private readonly BlockCall call;
    private readonly Tensor input;
    private readonly Tensor? skip;
    private readonly Tensor weight1;
    private readonly Tensor weight2;
    private readonly int images;
    private readonly int height;
    private readonly int width;
    private readonly int inChannels;
    private readonly int outChannels;
    private readonly int chunk;
    private readonly bool inputsTracked;

    /// <summary>Takes the inputs; float32 for a one-channel input, else of the call's type.</summary>
    internal BlockKernel(BlockCall call, Tensor input, Tensor? skip, Tensor weight1, Tensor weight2)
    {
        this.call = call;
        inputsTracked = input.requires_grad || skip?.requires_grad == true;
        this.input = Maps.Inner(input);
        this.skip = skip is null ? null : Maps.Inner(skip);
        this.weight1 = weight1.contiguous();
        this.weight2 = weight2.contiguous();
        var shape = (this.skip ?? this.input).shape;                     // [N, H, W, C]
        (images, height, width) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        inChannels = (int)weight1.shape[1];
        outChannels = (int)weight1.shape[0];
        // Few images at a time, so that one kernel's output is still in the cache when the next reads it, but work for all threads.
        var strips = new Strips(height, width).Count;
        var fit = ChunkBytes / ((long)height * width * outChannels * sizeof(T));
        chunk = (int)Math.Clamp(Math.Max(fit, ((2 * get_num_threads()) + strips - 1) / strips), 1, images);
    }

    private int Unit => inChannels == 1 ? 1 : ConvTile.Lanes;

    private int InBlocks => inChannels / Unit;

    private int OutBlocks => outChannels / ConvTile.Lanes;

    /// <summary>Computes the block.</summary>
    internal BlockOutputs Forward()
    {
        var output1 = Maps.Rent(call.Type, images, height, width, outChannels);
        var output2 = Maps.Rent(call.Type, images, height, width, outChannels);
        var values = Maps.Rent(call.Type, images, height, width, outChannels);
        var pooled = call.Pool ? Maps.Rent(call.Type, images, height / 2, width / 2, outChannels) : null;
        var moments = TensorPool.Rent(ScalarType.Float32, 4, images, outChannels);
        float* mean1 = Part(moments, 0), rate1 = Part(moments, 1), mean2 = Part(moments, 2), rate2 = Part(moments, 3);
        var (map1, map2) = (MapOf(output1), MapOf(output2));
        using var packed1 = Pack(weight1, WeightLayout.Pack<T>);
        using var packed2 = Pack(weight2, WeightLayout.Pack<T>);
        var moments1 = new StripSums(images, height, width, outChannels);
        var moments2 = new StripSums(images, height, width, outChannels);
        var sweep1 = new ConvSweep(Source(), new MomentSink<T>(map1, moments1), Floats(packed1), height, width, InBlocks, OutBlocks);
        var middle = new ActivatedSource<T>(map1, mean1, rate1, (float)ConvBlock.Slope);
        var sweep2 = new ConvSweep(middle, new MomentSink<T>(map2, moments2), Floats(packed2), height, width, OutBlocks, OutBlocks);
        var end = new BlockEnd<T>(map2, mean2, rate2, (float)ConvBlock.Slope, Dropping);
        var (valueMap, pooledMap) = (MapOf(values), MapOf(pooled));
        for (var first = 0; first < images; first += chunk)
        {
            var count = Math.Min(chunk, images - first);
            sweep1.Run(first, count);
            moments1.FinishMoments(first, count, ConvBlock.Epsilon, mean1, rate1);
            sweep2.Run(first, count);
            moments2.FinishMoments(first, count, ConvBlock.Epsilon, mean2, rate2);
            end.Forward(first, count, valueMap, pooledMap);
        }

        return new BlockOutputs(Maps.Outer(values), pooled is null ? null : Maps.Outer(pooled), output1, output2, moments);
    }

    /// <summary>Computes the gradients to the inputs (null when none asks for one) and to the weights.</summary>
    internal (Tensor? Input, Tensor? Skip, Tensor Weight1, Tensor Weight2) Backward(
        Tensor output1, Tensor output2, Tensor moments, Tensor? ofValues, Tensor? ofPooled)
    {
        float* mean1 = Part(moments, 0), rate1 = Part(moments, 1), mean2 = Part(moments, 2), rate2 = Part(moments, 3);
        var (map1, map2) = (MapOf(output1), MapOf(output2));
        using var valueGradient = ofValues is null ? null : Maps.Inner(ofValues.to_type(call.Type));
        using var pooledGradient = ofPooled is null ? null : Maps.Inner(ofPooled.to_type(call.Type));
        using var gradient2 = Maps.Rent(call.Type, chunk, height, width, outChannels);
        using var gradient1 = Maps.Rent(call.Type, chunk, height, width, outChannels);
        var ofInput = !inputsTracked ? null : Maps.RentLike(input, call.Type);
        var ofSkip = !inputsTracked || skip is null ? null : Maps.RentLike(skip, call.Type);
        using var doubled = skip is null ? null : Maps.Rent(call.Type, chunk, height, width, (int)input.shape[3]);
        using var means = TensorPool.Rent(ScalarType.Float32, 4, images, outChannels);
        float* sum1 = Part(means, 0), product1 = Part(means, 1), sum2 = Part(means, 2), product2 = Part(means, 3);
        using var packed1 = !inputsTracked ? null : Pack(weight1, WeightLayout.PackTurned<T>);
        using var packed2 = Pack(weight2, WeightLayout.PackTurned<T>);
        var strips1 = new StripSums(images, height, width, outChannels);
        var strips2 = new StripSums(images, height, width, outChannels);
        var end = new BlockEnd<T>(map2, mean2, rate2, (float)ConvBlock.Slope, Dropping);
        var middle = new ActivatedSource<T>(map1, mean1, rate1, (float)ConvBlock.Slope);
        var (inBlocks, outBlocks) = (InBlocks, OutBlocks);
        using var weights1 = new WeightSweep(images, height, width, inBlocks, outBlocks);
        using var weights2 = new WeightSweep(images, height, width, outBlocks, outBlocks);
        for (var first = 0; first < images; first += chunk)
        {
            // The chunk's buffers, seen as if they held all images.
            var count = Math.Min(chunk, images - first);
            var (g2, g1) = (Shifted(gradient2, first), Shifted(gradient1, first));
            end.Backward(first, count, MapOf(valueGradient), MapOf(pooledGradient), g2, strips2);
            strips2.FinishMeans(first, count, sum2, product2);
            var source2 = new NormGradientSource<T>(g2, map2, mean2, rate2, sum2, product2);
            var sink1 = new ActivationGradientSink<T>(g1, map1, mean1, rate1, (float)ConvBlock.Slope, strips1);
            new ConvSweep(source2, sink1, Floats(packed2), height, width, outBlocks, outBlocks).Run(first, count);
            strips1.FinishMeans(first, count, sum1, product1);
            weights2.Run(middle, source2, first, count);
            var source1 = new NormGradientSource<T>(g1, map1, mean1, rate1, sum1, product1);
            weights1.Run(Source(), source1, first, count);
            if (packed1 is null)
            {
                continue;
            }

            if (skip is not null)
            {
                var join = Shifted(doubled!, first);
                new ConvSweep(source1, new JoinedSink<T>(join, MapOf(ofSkip)), Floats(packed1), height, width, outBlocks, inBlocks).Run(first, count);
                new DoublingGradient<T>(join, MapOf(ofInput)).Run(first, count);
            }
            else
            {
                new ConvSweep(source1, new PlainSink<T>(MapOf(ofInput)), Floats(packed1), height, width, outBlocks, inBlocks).Run(first, count);
            }
        }

        var (ofWeight1, ofWeight2) = (empty_like(weight1), empty_like(weight2));
        weights1.Finish(TensorPool.Pointer<float>(ofWeight1));
        weights2.Finish(TensorPool.Pointer<float>(ofWeight2));
        return (ofInput is null ? null : Maps.Outer(ofInput), ofSkip is null ? null : Maps.Outer(ofSkip), ofWeight1, ofWeight2);
    }

    private Dropping Dropping => call.Dropout > 0 ? new Dropping(call.Key, call.Dropout) : default;

    private RowSource Source()
        => skip is not null ? new JoinedSource<T>(MapOf(input), MapOf(skip))
        : inChannels == 1 ? new GreySource<T>(TensorPool.Pointer<float>(input), height, width)
        : new PlainSource<T>(MapOf(input));

    private static Tensor Pack(Tensor weight, Packing packing)
    {
        var packed = TensorPool.Rent(ScalarType.Float32, weight.numel());
        packing(TensorPool.Pointer<float>(weight), (int)weight.shape[0], (int)weight.shape[1], TensorPool.Pointer<float>(packed));
        return packed;
    }

    private static float* Floats(Tensor? tensor) => TensorPool.Pointer<float>(tensor!);

    // One of the four [N, C] parts of a tensor.
    private float* Part(Tensor four, int index) => TensorPool.Pointer<float>(four) + ((nint)index * images * outChannels);

    private static Image<T> MapOf(Tensor? tensor)
        => tensor is null ? default : new Image<T>(TensorPool.Pointer<T>(tensor), (int)tensor.shape[1], (int)tensor.shape[2], (int)tensor.shape[3]);

    private static Image<T> Shifted(Tensor tensor, int first)
    {
        var map = MapOf(tensor);
        return new Image<T>(map.Data - ((nint)first * map.Height * map.Width * map.Channels), map.Height, map.Width, map.Channels);
    }

    private delegate void Packing(float* weights, int outChannels, int inChannels, float* packed);
}
