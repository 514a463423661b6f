using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace PolyCL.Models.Fused;

/// <summary>A double block of the U-Net, optionally behind up-sampling and concatenation, as one step of autograd.</summary>
internal sealed class BlockFunction : MultiTensorFunction<BlockFunction>
{
    private const string CallKey = "call";

    /// <inheritdoc/>
    public override string Name => nameof(BlockFunction);

    /// <summary>The block's output, and the pooled one when the call asks for it.</summary>
    /// <param name="call">Settings.</param>
    /// <param name="input">[N, C, H, W]; with a skip map, the deep map of half its size.</param>
    /// <param name="skip">[N, C, H, W] or null.</param>
    /// <param name="weight1">[out, in, 3, 3].</param>
    /// <param name="weight2">[out, out, 3, 3].</param>
    internal static (Tensor Values, Tensor? Pooled) Call(BlockCall call, Tensor input, Tensor? skip, Tensor weight1, Tensor weight2)
    {
        var tracked = is_grad_enabled() && (input.requires_grad || skip?.requires_grad == true || weight1.requires_grad || weight2.requires_grad);
        if (!tracked)
        {
            using var scope = NewDisposeScope();
            var outputs = Run(call, input, skip, weight1, weight2);
            return (outputs.Values.MoveToOuterDisposeScope(), outputs.Pooled?.MoveToOuterDisposeScope());
        }

        var results = apply(input, skip!, weight1, weight2, call);
        return (results[0], call.Pool ? results[1] : null);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(AutogradContext ctx, params object[] vars)
    {
        var (input, skip, weight1, weight2, call) = ((Tensor)vars[0], (Tensor?)vars[1], (Tensor)vars[2], (Tensor)vars[3], (BlockCall)vars[4]);
        var outputs = Run(call, input, skip, weight1, weight2);
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, call);
        ctx.save_for_backward([input, weight1, weight2, outputs.Output1, outputs.Output2, outputs.Moments, .. skip is null ? (Tensor[])[] : [skip]]);
        return outputs.Pooled is null ? [outputs.Values] : [outputs.Values, outputs.Pooled];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs)
    {
        GradientHandles.Release();
        using var scope = NewDisposeScope();
        var call = (BlockCall)ctx.get_data(CallKey);
        var saved = ctx.get_saved_variables();
        var skip = saved.Count > 6 ? saved[6] : null;
        var ofValues = Defined(grad_outputs[0]);
        var ofPooled = grad_outputs.Count > 1 ? Defined(grad_outputs[1]) : null;
        var (input, ofSkip, weight1, weight2) = call.Type == ScalarType.Float32
            ? new BlockKernel<float>(call, saved[0], skip, saved[1], saved[2]).Backward(saved[3], saved[4], saved[5], ofValues, ofPooled)
            : new BlockKernel<ushort>(call, saved[0], skip, saved[1], saved[2]).Backward(saved[3], saved[4], saved[5], ofValues, ofPooled);
        ofValues?.Dispose();
        ofPooled?.Dispose();
        return GradientHandles.Keep([input!, ofSkip!, weight1, weight2, null!]);
    }

    private static BlockOutputs Run(BlockCall call, Tensor input, Tensor? skip, Tensor weight1, Tensor weight2)
        => call.Type == ScalarType.Float32
            ? new BlockKernel<float>(call, input, skip, weight1, weight2).Forward()
            : new BlockKernel<ushort>(call, input, skip, weight1, weight2).Forward();

    private static Tensor? Defined(Tensor gradient) => gradient.IsInvalid ? null : gradient;
}
